using Clip.Data.Sources;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip data</c> and <c>clip tokenizer train</c> print, and what they leave alone.</summary>
public sealed class DataOutputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Ten examples are enough of what is wrong.</summary>
    [Fact]
    public async Task StatsTellAllAndNameTen()
    {
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(20, 10).ToArray());
        File.WriteAllBytes(_folder["b.png"], Pictures.Png(30, 40).ToArray());
        File.WriteAllBytes(_folder["c.png"], Pictures.Png(31, 41).ToArray());
        foreach (var i in Enumerable.Range(0, 12)) File.Copy(_folder["a.png"], _folder[$"copy{i:D2}.png"]);
        foreach (var i in Enumerable.Range(0, 13)) _folder.Write($"bad{i:D2}.png", "no image");
        var rows = Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)
            .SelectMany((path, i) => i == 0 ? [$"{path}\ttwice", $"{path}\tor so"] : new[] { $"{path}\t{new string('x', 1 + (i % 2))}" });
        _folder.Write("pairs.tsv", $"filepath\ttitle\n{string.Join('\n', rows)}\n\tnothing\n");

        var lines = await PrintedCommands.LinesAsync("data", "stats", _folder["pairs.tsv"]);

        var size = Directory.GetFiles(_folder.Path, "*.png").Where(path => !path.Contains("bad", StringComparison.Ordinal))
            .Sum(path => new FileInfo(path).Length);
        Assert.Equal("records              29", lines[0]);
        Assert.Equal("broken               14", lines[1]);
        Assert.Equal("images               15 png", lines[2]);
        Assert.Equal("width                20 to 31, median 20", lines[3]);
        Assert.Equal("height               10 to 41, median 10", lines[4]);
        Assert.StartsWith("bytes                ", lines[5], StringComparison.Ordinal);
        Assert.Equal($"bytes in all         {size}", lines[6]);
        Assert.Equal("captions a record    1 to 2, median 1", lines[7]);
        Assert.StartsWith("characters a caption 1 to 5, median ", lines[8], StringComparison.Ordinal);
        Assert.Equal("duplicate images     12", lines[11]);
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => $"  {_folder[$"copy{i:D2}.png"]} = {_folder["a.png"]}"), lines[12..22]);
        var broken = lines[22..^1];
        Assert.Equal(10, broken.Length);
        Assert.Equal(broken.Order(StringComparer.Ordinal), broken);
        Assert.Equal("  and 4 more broken ones", lines[^1]);
    }

    /// <summary>Of an even number the upper of the two in the middle.</summary>
    [Fact]
    public async Task AMedianIsOneOfTheNumbers()
    {
        Table(4);

        var lines = await PrintedCommands.LinesAsync("data", "stats", _folder["pairs.tsv"]);

        Assert.Equal("width                20 to 23, median 22", lines[3]);
        Assert.Equal("height               20 to 20, median 20", lines[4]);
        Assert.Equal("duplicate images     0", lines[^1]);
    }

    [Fact]
    public async Task ShardsAreToldWithTheirCount()
    {
        Table(3);

        var lines = await PrintedCommands.LinesAsync(
            "data", "shard", _folder["pairs.tsv"], "--output", _folder["shards"], "--shard-size", "0.001");

        Assert.Equal($"3 records in {Directory.GetFiles(_folder["shards"]).Length} shards: {_folder["shards"]}", Assert.Single(lines));
        Assert.True(Directory.GetFiles(_folder["shards"]).Length > 1);
        using var records = RecordSources.Open(_folder["shards"], new RecordSourceOptions());
        Assert.Equal(["caption 0", "caption 1", "caption 2"], Enumerable.Range(0, 3).Select(i => records.ReadCaptions(i)[0]));
    }

    [Theory]
    [InlineData("caption", "3 of 10 names are held out, 6 of 20 rows: ")]
    [InlineData("image", "3 of 10 pictures are held out, 6 of 20 rows: ")]
    public async Task ASplitTellsWhatIsHeldOut(string by, string told)
    {
        Table(10);
        File.AppendAllLines(_folder["pairs.tsv"], File.ReadAllLines(_folder["pairs.tsv"])[1..]); // each row twice
        string[] command = ["data", "split", _folder["pairs.tsv"], "--by", by, "--hold-out", "0.3", "--output"];

        var line = Assert.Single(await PrintedCommands.LinesAsync([.. command, _folder["split"]]));

        Assert.Equal(told + _folder["split"], line);
        Assert.Equal(
            (15, 7),
            (File.ReadAllLines(_folder["split/pairs.tsv"]).Length, File.ReadAllLines(_folder["split/held-out/pairs.tsv"]).Length));
    }

    [Fact]
    public async Task ATokenizerIsToldWithItsEntries()
    {
        _folder.Write("captions.txt", "a cat and a dog\na cat\n");

        var line = Assert.Single(await PrintedCommands.LinesAsync(
            "tokenizer", "train", "--train-data", _folder["captions.txt"], "--vocab-size", "516", "--output", _folder["new/tokenizer"]));

        Assert.Equal($"516 entries: {_folder["new/tokenizer"]}", line);
        Assert.Equal(516, System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(_folder["new/tokenizer/vocab.json"]))
            .RootElement.EnumerateObject().Count());
    }

    [Fact]
    public async Task ATokenizerReplacesNothingThatIsNotAskedFor()
    {
        _folder.Write("captions.txt", "a cat and a dog\n");
        string[] train = ["tokenizer", "train", "--train-data", _folder["captions.txt"], "--vocab-size", "515", "--output"];
        Directory.CreateDirectory(_folder["empty"]);
        await PrintedCommands.LinesAsync([.. train, _folder["empty"]]);
        var before = File.ReadAllBytes(_folder["empty/merges.txt"]);
        _folder.Write("captions.txt", "xy xy xy\n");

        Assert.Equal(
            $"{_folder["empty"]} holds a tokenizer already; give another --output, or --overwrite.",
            await PrintedCommands.RefusedAsync([.. train, _folder["empty"]]));
        Assert.Equal(before, File.ReadAllBytes(_folder["empty/merges.txt"]));
        await PrintedCommands.LinesAsync([.. train, _folder["empty"], "--overwrite"]);
        Assert.NotEqual(before, File.ReadAllBytes(_folder["empty/merges.txt"]));

        _folder.Write("mine/notes.txt", "mine");
        foreach (var more in new string[][] { [], ["--overwrite"] })
        {
            Assert.Equal(
                $"{_folder["mine"]} holds more than a tokenizer ('notes.txt'); give a new or an empty folder.",
                await PrintedCommands.RefusedAsync([.. train, _folder["mine"], .. more]));
        }

        Assert.Equal(
            $"{_folder["captions.txt"]} is a file; give the name of a folder for the tokenizer.",
            await PrintedCommands.RefusedAsync([.. train, _folder["captions.txt"]]));
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(_folder["mine"]).Select(Path.GetFileName));
    }

    private void Table(int count)
    {
        foreach (var i in Enumerable.Range(0, count)) File.WriteAllBytes(_folder[$"{i}.png"], Pictures.Png(20 + i, 20).ToArray());
        _folder.Write(
            "pairs.tsv", "filepath\ttitle\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"{i}.png\tcaption {i}\n")));
    }
}
