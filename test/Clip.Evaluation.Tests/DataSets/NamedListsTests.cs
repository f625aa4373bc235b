using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Files of CLIP_benchmark's form have lists for many sets; a set finds its own.</summary>
public sealed class NamedListsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Fact]
    public void TheFirstOfASetsNamesThatIsThereCounts()
    {
        _on.Write("names.json", """{"imagenet1k": ["general"], "ImageNet-A": ["its own"], "other": ["none"]}""");

        Assert.Equal(["its own"], NamedLists.Read(_on["names.json"], DataSetCatalog.Find("imagenet-a")!.Keys));
        Assert.Equal(["general"], NamedLists.Read(_on["names.json"], DataSetCatalog.Find("imagenet-r")!.Keys));
        Assert.Equal(["general"], NamedLists.Read(_on["names.json"], ["other_not", "imagenet1k", "other"]));
    }

    [Fact]
    public void AListAloneIsOfAnySet()
    {
        _on.Write("names.json", """["one ", " two"]""");

        Assert.Equal(["one ", " two"], NamedLists.Read(_on["names.json"], ["whatever"]));
        Assert.Equal(["a {}"], ClassPrompts.Read(Written("""["a {}"]"""), ["whatever"]).Templates!);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("""{"food101": "one"}""")]
    [InlineData("""{"food101": ["one", "  "]}""")]
    [InlineData("""{"food101": []}""")]
    [InlineData("null")]
    public void WhatIsNoListOfTextsIsRefused(string json) =>
        Assert.Throws<ClipException>(() => NamedLists.Read(Written(json), ["food101"]));

    private string Written(string json)
    {
        _on.Write("list.json", json);
        return _on["list.json"];
    }
}
