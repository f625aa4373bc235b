namespace Clip.EndToEnd.Tests;

public sealed class QuickstartTests
{
    /// <summary>The whole road, with fewer pictures and steps than it takes to learn much.</summary>
    [Fact]
    public async Task QuickstartGoesFromPicturesToAPipelineInAnotherProcess()
    {
        using var folder = new TempFolder();
        string[] command = ["quickstart", "--pictures", "128", "--epochs", "1", "--output", folder["quickstart"]];
        var lines = (await ClipProcess.RunAsync(command)).Succeeded().OutputLines;
        Assert.Equal("This takes less than a minute on two cores, most of it for 1 training step of 128 pictures.", lines[0]);
        Assert.Matches(
            @"^Drawing 128 captioned pictures; \d+ of \d+ combinations of size, texture, color and shape are kept out of training\.$",
            lines[1]);
        Assert.Contains(lines, line => line.StartsWith("zero-shot top-1 ", StringComparison.Ordinal)
            && line.Contains("combinations never seen", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("saved, loaded back: ", StringComparison.Ordinal)
            && line.EndsWith(" answers agree", StringComparison.Ordinal));
        Assert.Equal(
            [
                $"pictures and captions  {folder["quickstart/data"]}",
                $"model folder           {folder["quickstart/model"]}",
                $"ML.NET pipeline        {folder["quickstart/model.zip"]}",
            ],
            lines[^3..]);
        Assert.True(File.Exists(folder["quickstart/data/train.tsv"]));
        Assert.True(File.Exists(folder["quickstart/model.zip"]));
        Assert.True(File.Exists(folder["quickstart/model/onnx/model.onnx"]));

        // Once more in the same place: what it made there is replaced, and what else there is stays.
        var note = folder.Write("quickstart/note.txt", "mine");
        var again = (await ClipProcess.RunAsync(command)).Succeeded().OutputLines;
        Assert.Equal(Measured(lines), Measured(again));
        Assert.Equal("mine", File.ReadAllText(note));
    }

    private static IEnumerable<string> Measured(string[] lines) =>
        lines.Where(line => line.StartsWith("zero-shot", StringComparison.Ordinal));
}
