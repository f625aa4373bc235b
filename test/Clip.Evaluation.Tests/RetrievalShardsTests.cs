using System.Text;
using Clip.Data.Tests.Sources;

namespace Clip.Evaluation.Tests;

/// <summary>Captioned pictures in shards, laid out as CLIP_benchmark's.</summary>
public sealed class RetrievalShardsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EachLineIsACaption()
    {
        Shards.Tar(_folder, "set/test/0.tar", "0.jpg", "0.txt=a cat\n a second \n", "1.webp", "1.txt=a dog",
            "1.json={\"caption\": \"in other words\"}");
        _folder.Write("set/dataset_type.txt", "retrieval\n");
        _folder.Write("set/test/nshards.txt", "1");
        var shards = LabeledShards.Find(_folder["set"])!;

        var set = RetrievalShards.Read("set", shards, (place, reason) => Assert.Fail($"{place}: {reason}"));

        Assert.True(RetrievalShards.Are(shards));
        Assert.Equal(["a cat|a second", "a dog"], set.Images.Select(image => string.Join('|', image.Captions)));
        Assert.Equal("1.webp", Encoding.UTF8.GetString(set.Images[1].Read()));
        Assert.Equal(3, set.CaptionCount);
    }

    [Fact]
    public void ShardsWithClassesAreOthers()
    {
        Shards.Tar(_folder, "set/0.tar", "0.cls=0", "0.png");
        Assert.False(RetrievalShards.Are(_folder["set"]));
    }

    [Fact]
    public void MissingShardsAndShardsWithoutCaptionsAreRefused()
    {
        Shards.Tar(_folder, "set/0.tar", "0.cls=0", "0.png");
        _folder.Write("set/dataset_type.txt", "retrieval");
        Assert.Contains("has no pictures with captions", Error(), StringComparison.Ordinal);

        _folder.Write("set/nshards.txt", "2");
        Assert.Contains("tells of 2 shards, and there are 1", Error(), StringComparison.Ordinal);
    }

    private string Error() => Assert.Throws<ClipException>(() => RetrievalShards.Read("set", _folder["set"], (_, _) => { })).Message;
}
