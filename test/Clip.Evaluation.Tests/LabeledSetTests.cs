using Clip.Data;

namespace Clip.Evaluation.Tests;

public sealed class LabeledSetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ATablesRowsAreItsPicturesAndOneColumnTheirClasses()
    {
        var table = _folder.Write("pets.tsv", "filepath\tkind\na.png\tcat\nb.png\tdog\n");

        var images = LabeledSet.ReadImages(table, new CaptionTableOptions { CaptionKeys = ["kind"] });

        Assert.Equal([(_folder["a.png"], "cat"), (_folder["b.png"], "dog")], images.Select(i => (i.ImagePath, i.Class)));
    }

    [Fact]
    public void AFolderHasAFolderForEachClass()
    {
        _folder.Write("tabby_cat/1.png", "a picture");
        _folder.Write("dog/2.png", "another");

        var images = LabeledSet.ReadImages(_folder.Path, new CaptionTableOptions());

        Assert.Equal(
            [(_folder["dog/2.png"], "dog"), (_folder["tabby_cat/1.png"], "tabby cat")], images.Select(i => (i.ImagePath, i.Class)));
        Assert.Equal("another"u8.ToArray(), images[0].Read());
    }

    [Theory]
    [InlineData("has one label", "cat")]
    [InlineData("The label 'dog' of pets comes twice", "cat", "dog", "dog")]
    [InlineData("The class 'cat' of a.png is not among the 2 labels", "dog", "cow")]
    public void WhatGivesNoAccuracyIsRefused(string told, params string[] labels)
    {
        var set = new LabeledSet("pets", [new LabeledImage { ImagePath = "a.png", Class = "cat" }], labels, null);

        Assert.Contains(told, Assert.Throws<ClipException>(set.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EachOfSeveralClassesIsAmongTheLabels()
    {
        LabeledImage[] images = [new() { ImagePath = "a.png", Classes = [] }, new() { ImagePath = "b.png", Classes = ["cat", "cow"] }];
        var set = new LabeledSet("pets", images, ["cat", "dog", "cow"], null);
        Assert.Same(set, set.Validate());

        Assert.StartsWith(
            "The class 'cow' of b.png is not among the 2 labels",
            Assert.Throws<ClipException>(() => (set with { Labels = ["cat", "dog"] }).Validate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoLabelsAreEnough()
    {
        var set = new LabeledSet("pets", [new LabeledImage { ImagePath = "a.png", Class = "cat" }], ["cat", "dog"], null);

        Assert.Same(set, set.Validate());
    }
}
