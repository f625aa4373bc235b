using System.Globalization;
using Clip.Cli.Tests.Commands;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Experimenting;

/// <summary>What <c>clip experiment classify</c> prints and leaves behind.</summary>
public sealed class ExperimentOutputTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheSummaryIsTheLeaderboardsAndNamesEveryFile()
    {
        Copy(18, i => $"photos/{TinyFolder.Colors[i % 3]}/{i}.png");
        Copy(6, i => $"more/{i}.png");

        var (output, error) = await PrintedCommands.DoneAsync(
            "experiment", "classify", "--data", _folder["photos"], "--model", _folder.Path, "--minutes", "0.05", "--no-views",
            "--output", _folder["out"], "--unlabelled", _folder["more"], "--suggest", "2", "--metric", "Accuracy",
            "--seed", "5000000000");

        var lines = PrintedCommands.Lines(output);
        var board = File.ReadAllLines(_folder["out/leaderboard.csv"]);
        var first = Array.FindIndex(lines, line => line.EndsWith("the best by accuracy:", StringComparison.Ordinal));
        Assert.Matches($"^{board.Length - 1} candidates on [0-9]+ rows of 3 labels; the best by accuracy:$", lines[first]);
        var trials = lines[(first + 1)..].TakeWhile(line => line.StartsWith("  accuracy ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Math.Min(5, board.Length - 1), trials.Length);
        Assert.Equal(trials.Select(Accuracy).OrderDescending(), trials.Select(Accuracy));
        Assert.Matches(@"^Expect accuracy \d+\.\d % ± \d+\.\d, macro recall \d+\.\d % \(.+\)\.$", lines[first + 1 + trials.Length]);
        var next = Array.IndexOf(lines, "Label these next:");
        var suggested = lines[(next + 1)..].TakeWhile(line => line.StartsWith(' ')).ToArray();
        Assert.InRange(suggested.Length, 1, 2); // pictures that are nearly the same are suggested once
        Assert.All(suggested, line => Assert.Matches(@"^  .+: .+ \(\d+ %\) or .+ \(\d+ %\)$", line));

        var written = lines[(next + 1 + suggested.Length)..];
        Assert.Equal(
            ["model.zip", "leaderboard.csv", "report.html", "suggestions.csv"],
            written[..4].Select(path => Path.GetRelativePath(_folder["out"], path)));
        Assert.All(written, path => Assert.True(File.Exists(path), path));
        // ML.NET's seeds are half as long: 5,000,000,000 is 0x1_2A05F200, and its halves are folded into one.
        Assert.Contains(
            Directory.GetFiles(_folder["out"], "*.cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains($"new MLContext(seed: {0x2A05F201})", StringComparison.Ordinal));
        var suggestions = File.ReadAllLines(_folder["out/suggestions.csv"]);
        Assert.Equal("path,first,probability,second,probability_of_second", suggestions[0]);
        Assert.Equal(
            suggested.Select(line => line.Trim()),
            suggestions[1..].Select(row => row.Split(',')).Select(
                row => $"{row[0]}: {row[1]} ({Percent(row[2])} %) or {row[3]} ({Percent(row[4])} %)"));
        // On the way there is a line for each trial, where no program reads them.
        Assert.True(PrintedCommands.Lines(error).Count(line => line.StartsWith("accuracy ", StringComparison.Ordinal)) >= board.Length - 1);
    }

    [Theory]
    [InlineData("--suggest chooses among pictures without labels; name some with --unlabelled.", "--suggest", "2")]
    [InlineData("--none-class is learned from pictures without labels; name some with --unlabelled.", "--none-class", "other")]
    [InlineData("--none-class must have a name, such as \"none of these\".", "--none-class", " ", "--unlabelled", "x.png")]
    [InlineData(
        "--none-class is learned from pictures alone; leave out it or --text-column.", "--none-class", "other", "--unlabelled", "x.png",
        "--text-column", "words")]
    [InlineData("There is no file '/nowhere'; --templates takes a text file with one entry per line.", "--templates", "/nowhere")]
    public async Task WhatCannotBeDoneIsToldBeforeAnythingIsRead(string sentence, params string[] options) => Assert.Equal(
        sentence,
        await PrintedCommands.RefusedAsync(
            ["experiment", "classify", "--data", "/nowhere", "--model", "/nowhere", "--output", _folder["out"], .. options]));

    private static string Percent(string chance) =>
        (100 * double.Parse(chance, CultureInfo.InvariantCulture)).ToString("F0", CultureInfo.InvariantCulture);

    private static double Accuracy(string line) =>
        double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private void Copy(int count, Func<int, string> name)
    {
        foreach (var (picture, i) in _folder.Pictures(count).Select((picture, i) => (picture, i)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name(i)])!);
            File.Copy(picture, _folder[name(i)]);
        }
    }
}
