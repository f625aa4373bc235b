using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;

namespace Clip.Data.Tests.Sources;

public sealed class OtherSourcesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderOfFoldersIsCaptionedByItsTemplates()
    {
        foreach (var file in new[] { "root/tabby_cat/1.JPG", "root/tabby_cat/deep/2.png", "root/tabby_cat/notes.txt", "root/dog/3.webp" })
            _folder.Write(file, file);

        using var records = RecordSources.Open(_folder["root"], new RecordSourceOptions { Templates = ["a {}.", "the {}."] });

        Assert.Equal(
            ["root/dog/3.webp", "root/tabby_cat/1.JPG", "root/tabby_cat/deep/2.png"],
            Enumerable.Range(0, 3).Select(i => Shards.Image(records, i)));
        Assert.Equal(["a tabby cat.", "the tabby cat."], records.ReadCaptions(1));
        Assert.Contains(
            "has no folders with images",
            Assert.Throws<ClipException>(() => RecordSources.Open(_folder["root/dog"], new RecordSourceOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void JoinedSourcesKeepTheirWeights()
    {
        var table = _folder.Write("pairs.tsv", "filepath\ttitle\na.png\ta cat\nb.png\ta dog\n");
        var shard = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt", "2.jpg", "2.txt", "3.jpg", "3.txt", "4.jpg", "4.txt");

        using var records = RecordSources.Open($"{table}::{shard}", new RecordSourceOptions { UpsamplingFactors = [2, 0.5] });
        var sampler = new EpochSampler(records.Parts, batchSize: 6, seed: 1);

        Assert.Equal(6, records.Count);
        Assert.Equal(
            [_folder["a.png"], _folder["b.png"], .. "1234".Select(n => $"{shard}:{n}")],
            Enumerable.Range(0, 6).Select(records.Key));
        var epochs = Enumerable.Range(0, 8).Select(epoch => sampler.BatchOf(epoch).ToArray()).ToArray();
        Assert.All(epochs, epoch =>
        {
            Assert.Equal([0, 0, 1, 1], epoch.Where(r => r < 2).Order());
            Assert.Equal(2, epoch.Where(r => r >= 2).Distinct().Count());
        });
        Assert.Equal(6, epochs.SelectMany(e => e).Distinct().Count());
        Assert.Throws<ClipException>(() => RecordSources.Open(table, new RecordSourceOptions { UpsamplingFactors = [2, 0.5] }));
    }

    /// <summary>One rule for what is hidden, how deep pictures lie, and what is a picture whatever its name.</summary>
    [Fact]
    public void WhatSystemsLeaveBehindIsNeitherAPictureNorAClass()
    {
        string[] kept = ["sheep dog/1.jfif", "tabby_cat/1.jpg", "tabby_cat/deep/2.JPE", "tabby_cat/3.picture", "tabby_cat/4"];
        string[] left =
        [
            ".ipynb_checkpoints/1.jpg", "__MACOSX/1.jpg", "@eaDir/1.jpg", "$RECYCLE.BIN/1.jpg", "tabby_cat/._1.jpg", "tabby_cat/Thumbs.db",
            "tabby_cat/.DS_Store", "tabby_cat/desktop.ini", "tabby_cat/deep/.hidden/1.jpg", "tabby_cat/notes.txt", "loose.jpg",
        ];
        foreach (var file in kept.Concat(left)) _folder.Write("photos/" + file, "GIF89a");
        _folder.Write("photos/tabby_cat/notes.txt", "no picture");
        Directory.CreateSymbolicLink(_folder["photos/tabby_cat/loop"], _folder["photos"]);

        using var records = RecordSources.Open(_folder["photos"], new RecordSourceOptions { Templates = ["{}"] });
        var labelled = LabeledSet.ReadImages(_folder["photos"], new CaptionTableOptions());

        var expected = kept.Select(file => _folder["photos/" + file]).Order(StringComparer.Ordinal);
        Assert.Equal(expected, Enumerable.Range(0, records.Count).Select(records.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["sheep dog", "tabby cat", "tabby cat", "tabby cat", "tabby cat"], labelled.Select(image => image.Class));
        Assert.Equal(labelled.Select(image => image.ImagePath), Enumerable.Range(0, records.Count).Select(records.Key));
    }

    [Fact]
    public void RowsWithTheSameImageAreOneRecordHoweverItsPathIsSpelled()
    {
        var table = _folder.Write(
            "pairs.tsv",
            "filepath\ta\tb\na.png\ta cat\ta cat\nb.png\ta dog\t\n./a.png\ta sleeping cat\t\n"
            + $"x/../a.png\t\ta cat\n{_folder["a.png"]}\tcat\t\n");
        var options = new RecordSourceOptions { Table = new CaptionTableOptions { CaptionKeys = ["a", "b"] } };
        using var grouped = RecordSources.Open(table, options);
        using var apart = RecordSources.Open(table, options with { GroupByImage = false });

        Assert.Equal([["a cat", "a sleeping cat", "cat"], ["a dog"]], Enumerable.Range(0, grouped.Count).Select(grouped.ReadCaptions));
        Assert.Equal([_folder["a.png"], _folder["b.png"]], Enumerable.Range(0, grouped.Count).Select(grouped.Key));
        Assert.Equal([0, 1, 0, 0, 0], Enumerable.Range(0, 5).Select(apart.ImageId));
    }

    [Fact]
    public void JoinedSourcesShareTheImagesOfTheirTables()
    {
        _folder.Write("one.tsv", "filepath\ttitle\na.png\ta cat\nb.png\ta dog\n");
        _folder.Write("two.tsv", "filepath\ttitle\nc.png\ta bird\n./b.png\ta hound\nb.png\ta pup\n");
        Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt");

        using var records = RecordSources.Open(
            $"{_folder["one.tsv"]}::{_folder["x.tar"]}::{_folder["two.tsv"]}", new RecordSourceOptions());

        Assert.Equal([0, 1, 2, 3, 1], Enumerable.Range(0, records.Count).Select(records.ImageId));
    }

    [Fact]
    public void ASourceThatIsClosedKeepsNoShardOpen()
    {
        string[] shards = [Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt"), Shards.Tar(_folder, "y.tar", "2.jpg", "2.txt")];
        using var alone = RecordSources.Open(shards[0], new RecordSourceOptions());
        using var joined = RecordSources.Open(string.Join("::", shards), new RecordSourceOptions());
        Assert.Equal(["1.jpg", "1.jpg", "2.jpg"], [Shards.Image(alone, 0), Shards.Image(joined, 0), Shards.Image(joined, 1)]);

        alone.Dispose();
        joined.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Shards.Image(alone, 0));
        Assert.All([0, 1], record => Assert.Throws<ObjectDisposedException>(() => Shards.Image(joined, record)));
    }
}
