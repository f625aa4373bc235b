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
            Assert.Equal(2, run.OutputLines.Count(line => line.StartsWith(objective + "  ", StringComparison.Ordinal)));
        var table = File.ReadAllLines(folder["report/efficiency.csv"]);
        Assert.Equal("objective,images,top1,top5", table[0]);
        Assert.Equal(3 * 2, table.Length - 1);
        Assert.Contains(table, line => line.StartsWith("clip,96,", StringComparison.Ordinal));
        Assert.Contains("<svg", File.ReadAllText(folder["report/efficiency.html"]), StringComparison.Ordinal);

        // One objective again; the others' lines stay.
        (await ClipProcess.RunAsync([.. command, "--objectives", "bow", "--workers", "1"])).Succeeded();
        Assert.Equal(table.Order(), File.ReadAllLines(folder["report/efficiency.csv"]).Order());
    }
}
