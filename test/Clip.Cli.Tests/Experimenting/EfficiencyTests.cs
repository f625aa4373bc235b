using Clip.Cli.Tests.Commands;
using Clip.Conversion.Configs;

namespace Clip.Cli.Tests.Experimenting;

/// <summary><c>clip experiment efficiency</c>: what it measures, what it keeps, and what it refuses.</summary>
public sealed class EfficiencyTests : IDisposable
{
    private readonly TinyRun _run = new();

    public EfficiencyTests()
    {
        File.Copy(_run.Table, _run.Folder["train.tsv"]);
        var table = File.ReadAllLines(_run.Table);
        File.WriteAllLines(_run.Folder["val.tsv"], table[..4]);
        // The captions of the validation pictures, and names to tell them from.
        File.WriteAllLines(
            _run.Folder["classnames.txt"],
            [.. table[1..4].Select(row => row.Split('\t')[1]), .. Enumerable.Range(0, 9).Select(i => $"thing {i}")]);
    }

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task WhatWasMeasuredThereBeforeIsKept()
    {
        await RunAsync("--objectives", "clip", "--max-steps", "1");
        var first = File.ReadAllLines(_run.Folder["out/efficiency.csv"]);

        var lines = await RunAsync("--objectives", "bow", "--max-steps", "1");

        var both = File.ReadAllLines(_run.Folder["out/efficiency.csv"]);
        Assert.Contains(both, row => row.Contains(",Bow,", StringComparison.OrdinalIgnoreCase));
        Assert.All(first, row => Assert.Contains(row, both));
        Assert.Equal([_run.Folder["out/efficiency.csv"], _run.Folder["out/efficiency.html"]], lines[^2..]);
        var page = File.ReadAllText(_run.Folder["out/efficiency.html"]);
        Assert.Contains("<td>measured on</td><td>3 pictures, 5 labels</td>", page, StringComparison.Ordinal);
        Assert.All(["training data", "model", "options"], fact => Assert.Matches($"<td>{fact}</td><td>[^<]+</td>", page));
        Assert.True(File.Exists(_run.Folder["out/tokenizer/merges.txt"]));
    }

    /// <summary>Five labels: the three that the pictures have, and two others.</summary>
    [Fact]
    public async Task ImagesSeenAreWholeEpochs()
    {
        // Of twelve pictures, thirteen are two epochs.
        var lines = await RunAsync("--objectives", "clip", "--images-seen", "13");

        Assert.Contains(lines, line => line.Contains("clip  24 images", StringComparison.Ordinal));
    }

    /// <summary>Computation is the image tower's, forward, for every picture that is shown.</summary>
    [Fact]
    public async Task GflopsAreAsManyStepsAsTheyPayFor()
    {
        var each = ModelCost.Of(ClipConfigJson.Load(_run.ConfigFile)).Image / 1e9;

        var lines = await RunAsync("--objectives", "clip", "--gflops", FormattableString.Invariant($"{12 * each:R}"));

        Assert.Contains(lines, line => line.Contains("clip  12 images", StringComparison.Ordinal)); // three steps of four
    }

    [Theory]
    [InlineData("are 166666667 epochs of the 12 images there are, and 1000000 are the most; give fewer.", "--images-seen", "2000000000")]
    [InlineData("--gflops and --max-steps both say how long to train; give one of them.", "--gflops", "1", "--max-steps", "1")]
    [InlineData("Two configs of --model are named model.json, by which results are told apart; rename one.", "--model", "ONE", "TWO")]
    public async Task WhatCannotBeMeasuredIsTold(string sentence, params string[] options)
    {
        _run.Folder.Write("other/model.json", TinyRun.Config);
        string[] given = [.. options.Select(word => word switch
        {
            "ONE" => _run.ConfigFile,
            "TWO" => _run.Folder["other/model.json"],
            _ => word,
        })];

        Assert.Contains(sentence, await PrintedCommands.RefusedAsync(Command(given)), StringComparison.Ordinal);
    }

    private string[] Command(string[] more) =>
    [
        "experiment", "efficiency", "--data", _run.Folder.Path, "--output", _run.Folder["out"], "--batch-size", "4", "--points", "1",
        "--labels", "5", "--vocab-size", "520", .. more.Contains("--model") ? more : ["--model", _run.ConfigFile, .. more],
    ];

    private Task<string[]> RunAsync(params string[] more) => PrintedCommands.LinesAsync(Command(more));
}
