using System.Text;
using Clip.Data;
using Clip.Data.Tests.Sources;

namespace Clip.Evaluation.Tests;

/// <summary>Pictures inside other files: which file each lies in, and what is told of those that cannot be used.</summary>
public sealed class RecordSetsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A picture's embedding is kept for as long as its own shard stays what it is.</summary>
    [Fact]
    public void ALabeledPictureKnowsItsShard()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png=first", "0.cls=cat");
        Shards.Tar(_folder, "set/1.tar", "0.png=second", "0.cls=dog");

        var images = LabeledShards.Read("set", _folder["set"], null, null, Fail).Images;

        Assert.Equal([_folder["set/0.tar"], _folder["set/1.tar"]], images.Select(image => image.Container));
        Assert.Equal(2, images.Select(image => image.ImagePath).Distinct().Count());
        Assert.Equal(["first", "second"], images.Select(image => Encoding.UTF8.GetString(image.Read())));
    }

    [Fact]
    public void ACaptionedPictureKnowsItsShardToo()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png=same", "0.txt=one", "1.png=same", "1.txt=one");
        Shards.Tar(_folder, "set/1.tar", "0.png=same", "0.txt=two");

        var set = RetrievalShards.Read("set", _folder["set"], Fail);

        Assert.Equal(("set", 3, 3), (set.Name, set.Images.Count, set.CaptionCount));
        Assert.Equal(
            [_folder["set/0.tar"], _folder["set/0.tar"], _folder["set/1.tar"]], set.Images.Select(image => image.Container));
        Assert.Equal(3, set.Images.Select(image => image.ImagePath).Distinct().Count());
    }

    [Fact]
    public void ACaptionedPictureThatCannotBeUsedIsTold()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png", "0.txt=one", "1.png", "2.txt=lost");
        var told = new List<string>();

        var set = RetrievalShards.Read("set", _folder["set"], (key, _) => told.Add(Path.GetFileName(key)));

        Assert.Equal("one", Assert.Single(Assert.Single(set.Images).Captions));
        Assert.Equal(2, told.Count);
    }

    /// <summary>Too many are as wrong as too few: they may be of another set.</summary>
    [Fact]
    public void ShardsAreAsManyAsToldOf()
    {
        for (var i = 0; i < 3; i++) Shards.Tar(_folder, $"set/{i}.tar", "0.png", "0.cls=cat", "1.png", "1.cls=dog");
        _folder.Write("set/nshards.txt", "2");

        Assert.Contains(
            "tells of 2 shards, and there are 3",
            Assert.Throws<ClipException>(() => LabeledShards.Read("set", _folder["set"], null, null, Fail)).Message);
        _folder.Write("set/nshards.txt", " 3 \n");
        Assert.Equal(6, LabeledShards.Read("set", _folder["set"], null, null, Fail).Images.Count);
    }

    [Theory]
    [InlineData("retrieval", true)]
    [InlineData(" retrieval \nmore", true)]
    [InlineData("retrievals", false)]
    [InlineData("zeroshot_classification", false)]
    public void TheWordForRetrievalIsTheFirstLine(string type, bool areRetrieval)
    {
        Shards.Tar(_folder, "set/test/0.tar", "0.png", "0.txt=one");
        _folder.Write("set/dataset_type.txt", type);

        Assert.Equal(areRetrieval, RetrievalShards.Are(_folder["set/test"]));
    }

    [Fact]
    public void ATablesRowsThatCannotBeUsedAreTold()
    {
        var table = _folder.Write("pets.tsv", "filepath\tkind\na.png\tcat\nb.png\t\nc.png\tdog\n");
        var told = new List<string>();
        var layout = new CaptionTableOptions { CaptionKeys = ["kind"] };

        var images = LabeledSet.ReadImages(table, layout, (place, _) => told.Add(place));

        Assert.Equal(["cat", "dog"], images.Select(image => image.Class));
        Assert.Single(told);
        Assert.Throws<ClipException>(() => LabeledSet.ReadImages(table, layout));
    }

    [Fact]
    public void CaptionedFilesAreASetInTheirOrder()
    {
        var set = RetrievalSet.Of("flickr", [new("b.png", ["one", "two"]), new("a.png", ["three"])]);

        Assert.Equal(("flickr", 3), (set.Name, set.CaptionCount));
        Assert.Equal(["b.png: one|two", "a.png: three"], set.Images.Select(i => $"{i.ImagePath}: {string.Join('|', i.Captions)}"));
    }

    private static void Fail(string key, string reason) => Assert.Fail($"{key}: {reason}");
}
