using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clip.EndToEnd.Tests;

[Collection(SharedModel.Name)]
public sealed partial class ClassifyTests(TrainedModel trained)
{
    [Fact]
    public async Task ClassifyPrintsTheFiveBestLabelsWithBars()
    {
        var (red, blue) = (trained.Picture("red", "square"), trained.Picture("blue", "ring"));
        var lines = (await ClipProcess.RunAsync("classify", "--model", trained.Folder, "--labels", trained.Labels, red, blue))
            .Succeeded().OutputLines;

        Assert.Equal(12, lines.Length);
        Assert.Equal((red, blue), (lines[0], lines[6]));
        var ranked = Ranked(lines[1..6]);
        Assert.Equal(ranked.OrderByDescending(r => r.Percent), ranked);
        Assert.All(ranked, r => Assert.Equal((int)Math.Round(r.Percent * 30 / 100), r.Filled, tolerance: 1));
        Assert.StartsWith("red ", ranked[0].Label, StringComparison.Ordinal);
        Assert.StartsWith("blue ", Ranked(lines[7..])[0].Label, StringComparison.Ordinal);
    }

    /// <summary>Read all at once, each picture keeps scores of its own.</summary>
    [Fact]
    public async Task AReportHasEachPicturesOwnLabels()
    {
        using var folder = new TempFolder();
        (await ClipProcess.RunAsync(
            "classify", "--model", trained.Folder, "--labels", trained.Labels, "--report", folder["page.html"],
            trained.Picture("red", "square"), trained.Picture("blue", "ring"))).Succeeded();

        using var results = JsonDocument.Parse(Results().Match(File.ReadAllText(folder["page.html"])).Groups["json"].Value);
        var set = results.RootElement.GetProperty("sets")[0];
        var (labels, run) = (set.GetProperty("labels"), set.GetProperty("runs")[0]);
        var (best, kept) = (run.GetProperty("best"), run.GetProperty("kept").GetInt32());
        var first = Enumerable.Range(0, 2).Select(picture => labels[best[picture * kept].GetInt32()].GetString()!.Split(' ')[0]);
        Assert.Equal(["blue", "red"], first.Order());
    }

    [Fact]
    public async Task TopAndTemplatesAreHeeded()
    {
        using var folder = new TempFolder();
        var templates = folder.Write("templates.txt", "a {}\na photo of a {c}.\n");
        string[] command =
            ["classify", "--model", trained.Folder, "--labels", trained.Labels, "--top", "2", trained.Picture("green", "cross")];
        var plain = (await ClipProcess.RunAsync(command)).Succeeded().OutputLines;
        var ensemble = (await ClipProcess.RunAsync([.. command, "--templates", templates])).Succeeded().OutputLines;
        Assert.Equal((3, 3), (plain.Length, ensemble.Length));
        Assert.StartsWith("green ", Ranked(ensemble[1..])[0].Label, StringComparison.Ordinal);
        Assert.NotEqual(plain, ensemble);
    }

    [Fact]
    public async Task EvaluatePrintsAccuraciesFarAboveChance()
    {
        var lines = (await ClipProcess.RunAsync(
            "evaluate", "--model", trained.Folder, "--labels", trained.Labels, "--data", trained.TestTable, "--csv-label-key", "class"))
            .Succeeded().OutputLines;
        var line = lines[0];
        Assert.StartsWith("95 % bounds: acc1 ", Assert.Single(lines[1..]), StringComparison.Ordinal);
        var found = Accuracies().Match(line);
        Assert.True(found.Success, line);
        Assert.EndsWith("images, 12 labels, chance 8.33 %", found.Groups["data"].Value, StringComparison.Ordinal);
        Assert.InRange(Number(found.Groups["top1"]), 60, 100);
        Assert.InRange(Number(found.Groups["top5"]), 90, 100);
        Assert.InRange(Number(found.Groups["recall"]), 60, 100);
    }

    private static (double Percent, int Filled, string Label)[] Ranked(string[] lines) =>
        [.. lines.Select(line => Bar().Match(line))
            .Select(m => (Number(m.Groups["percent"]), m.Groups["filled"].Length, m.Groups["label"].Value))];

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("id=\"results-json\"[^>]*>(?<json>.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Results();

    [GeneratedRegex("^(?<filled>█*)░* +(?<percent>[0-9.]+) %  (?<label>.+)$")]
    private static partial Regex Bar();

    [GeneratedRegex(@"^test: top-1 (?<top1>[0-9.]+) %  top-5 (?<top5>[0-9.]+) %  "
        + @"mean per-class recall (?<recall>[0-9.]+) %  \((?<data>.+), [0-9.]+ s\)$")]
    private static partial Regex Accuracies();
}
