using Clip.Data.Sources;

namespace Clip.Cli.Tests.Commands;

public sealed class DataCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public DataCommandTests()
    {
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(20, 10).ToArray());
        File.WriteAllBytes(_folder["b.png"], Pictures.Png(30, 40).ToArray());
        File.Copy(_folder["a.png"], _folder["copy.png"]);
        _folder.Write("broken.png", "no image");
        _folder.Write("pairs.tsv", "filepath\ttitle\tkeywords\na.png\tcat\tpet\nb.png\ta dog\t\ncopy.png\tcat\t\nbroken.png\tbird\t\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StatsCountsSizesCaptionsDuplicatesAndBrokenFiles()
    {
        var (exit, output, error) = await Command.RunApartAsync("data", "stats", _folder["pairs.tsv"]);

        Assert.True(exit == 0, error);
        string[] expected =
        [
            "records              4", "broken               1", "images               3 png", "width                20 to 30, median 20",
            "height               10 to 40, median 10", "characters a caption 3 to 5, median 3", "different captions   2",
            "duplicate captions   1", "duplicate images     1", $"  {_folder["broken.png"]}: ",
        ];
        Assert.All(expected, line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.Contains($"  {_folder["copy.png"]} = {_folder["a.png"]}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShardsHoldTheSameRecords()
    {
        string[] command =
        [
            "data", "shard", _folder["pairs.tsv"], "--csv-caption-key", "title", "keywords", "--max-bad", "25",
            "--shard-size", "0.003", "--output",
        ];
        Assert.Equal(0, await Command.RunAsync([.. command, _folder["shards"]]));
        Assert.Equal(0, await Command.RunAsync([.. command, _folder["again"]]));

        using var records = RecordSources.Open(_folder["shards"], new RecordSourceOptions());
        Assert.Equal([["cat", "pet"], ["a dog"], ["cat"]], Enumerable.Range(0, records.Count).Select(records.ReadCaptions));
        using (var image = records.ReadImage(1)) Assert.Equal(File.ReadAllBytes(_folder["b.png"]), image.Span.ToArray());
        Assert.Equal(["00000.tar", "00001.tar"], Directory.GetFiles(_folder["shards"]).Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(_folder["shards/00000.tar"]), File.ReadAllBytes(_folder["again/00000.tar"]));
    }

    [Fact]
    public async Task NothingIsLeftBehindWhereTooMuchIsBad()
    {
        var (exit, _, error) = await Command.RunApartAsync("data", "shard", _folder["pairs.tsv"], "--output", _folder["shards"]);

        Assert.Equal(1, exit);
        Assert.Contains("1 of 4 records are bad", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_folder.Path));
        Assert.Equal(1, await Command.RunAsync("data", "shard", _folder["pairs.tsv"], "--max-bad", "50", "--output", _folder.Path));
    }

    /// <summary>What its list says is no record counts as well as what cannot be read later.</summary>
    [Fact]
    public async Task RowsThatAreNoRecordsAreToldAndCountAsBad()
    {
        var table = _folder.Write("rows.tsv", "filepath\ttitle\na.png\tcat\nb.png\ta dog\n\tno picture\n");

        var (exit, _, error) = await Command.RunApartAsync("data", "shard", table, "--max-bad", "20", "--output", _folder["shards"]);
        var (later, output, _) = await Command.RunApartAsync("data", "shard", table, "--max-bad", "40", "--output", _folder["shards"]);

        Assert.Equal((1, 0), (exit, later));
        Assert.Contains("1 of 3 records are bad", error, StringComparison.Ordinal);
        Assert.Contains("Skipped ", output, StringComparison.Ordinal);
        Assert.Contains("2 records in 1 shards", output, StringComparison.Ordinal);
    }
}
