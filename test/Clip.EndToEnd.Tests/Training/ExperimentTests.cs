namespace Clip.EndToEnd.Tests;

/// <summary><c>clip experiment</c> on drawn pictures.</summary>
[Collection(SharedModel.Name)]
public sealed class ExperimentTests
{
    [Fact]
    public async Task ThreeObjectivesAreComparedOnOneEncoder()
    {
        using var folder = new TempFolder();
        Pictures.Draw(folder, "train", ofEach: 2);
        Pictures.Draw(folder, "val", ofEach: 1);
        folder.Write("classnames.txt", string.Join('\n', Pictures.Classes.Append("purple triangle")));
        string[] command =
        [
            "experiment", "efficiency", "--data", Path.GetDirectoryName(folder["train.tsv"])!, "--output", folder["report"],
            "--model", folder.Write("model.json", TrainedModel.Config), "--images-seen", "96", "--batch-size", "12", "--points", "2",
            "--vocab-size", "560", "--csv-caption-key", "class", "--lr", "3e-3", "--warmup", "2",
        ];

        var run = (await ClipProcess.RunAsync(command)).Succeeded();
        foreach (var objective in new[] { "virtex", "bow", "clip" })
            Assert.Equal(2, run.OutputLines.Count(line => line.StartsWith($"model.json  {objective}  ", StringComparison.Ordinal)));
        var table = File.ReadAllLines(folder["report/efficiency.csv"]);
        Assert.Equal("model,objective,images,gflops,top1,top5", table[0]);
        Assert.Equal(3 * 2, table.Length - 1);
        Assert.Contains(table, line => line.StartsWith("model.json,clip,96,", StringComparison.Ordinal));
        Assert.Contains("<svg", File.ReadAllText(folder["report/efficiency.html"]), StringComparison.Ordinal);

        // One objective again; the others' lines stay.
        (await ClipProcess.RunAsync([.. command, "--objectives", "bow", "--workers", "1"])).Succeeded();
        Assert.Equal(table.Order(), File.ReadAllLines(folder["report/efficiency.csv"]).Order());
    }

    [Fact]
    public async Task TwoEncodersAreComparedAtEqualComputation()
    {
        using var folder = new TempFolder();
        Pictures.Draw(folder, "train", ofEach: 2);
        Pictures.Draw(folder, "val", ofEach: 1);
        folder.Write("classnames.txt", string.Join('\n', Pictures.Classes));
        string[] command =
        [
            "experiment", "efficiency", "--data", Path.GetDirectoryName(folder["train.tsv"])!, "--output", folder["report"],
            "--objectives", "bow", "--batch-size", "12", "--points", "2", "--vocab-size", "560", "--csv-caption-key", "class",
            "--model", folder.Write("one.json", TrainedModel.Config),
            folder.Write("two.json", TrainedModel.Config.Replace("\"layers\": 2", "\"layers\": 4", StringComparison.Ordinal)),
        ];

        var run = (await ClipProcess.RunAsync([.. command, "--gflops", "0.05"])).Succeeded();

        var rows = File.ReadAllLines(folder["report/efficiency.csv"]).Skip(1).Select(line => line.Split(',')).ToArray();
        Assert.Equal(["one.json", "two.json"], rows.Select(row => row[0]).Distinct().Order());
        Assert.Contains(run.OutputLines, line => line.Contains("the computation of", StringComparison.Ordinal)
            || line.Contains("there is no ratio", StringComparison.Ordinal));
        var refused = await ClipProcess.RunAsync([.. command, "--gflops", "1", "--images-seen", "10"]);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("--gflops says how long to train", refused.Error, StringComparison.Ordinal);
    }
}
