using System.Diagnostics;

namespace Clip.EndToEnd.Tests;

/// <summary>A job of two ranks ends as one: with the same model, or with a sentence and a good checkpoint.</summary>
public sealed class RankedTrainingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly string _table;

    public RankedTrainingTests()
    {
        _table = Pictures.Draw(_folder, "pictures", ofEach: 4, side: 32);
        _folder.Write("model.json", TrainedModel.Config);
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task AKilledRankEndsTheJobAndOneRankGoesOnFromItsCheckpoint()
    {
        const int epochs = 25;
        using (var job = RankProcess.Start(_folder.Path, [.. Train(_table, batchSize: 4, epochs), "--save-steps", "3"]))
        {
            while (Checkpoints().Length == 0) await Task.Delay(20);
            Assert.True(RankProcess.Kill(rank: 1, _folder["model"]));
            await EndsWithin(job);
        }

        // Whole batches are twice as large.
        var rest = (await ClipProcess.RunAsync([.. Train(_table, batchSize: 8, epochs), "--resume", "latest"])).Succeeded();
        Assert.Contains(rest.OutputLines, line => line.StartsWith("Resumed from", StringComparison.Ordinal));
        var shown = File.ReadAllLines(_folder["samples"]).GroupBy(line => line.Split('\t')[1]).ToList();
        Assert.Equal(48, shown.Count);
        Assert.All(shown, pair => Assert.Equal(epochs, pair.Count()));
    }

    [SkippableFact]
    public async Task ARankThatFailsEndsTheJobWithItsSentence()
    {
        using var job = RankProcess.Start(
            _folder.Path, Train(_table, batchSize: 4, epochs: 1000), Train(_folder["absent.tsv"], batchSize: 4, epochs: 1000));
        var outcome = await EndsWithin(job);
        Assert.Contains("clip: rank 1 of 2: There is no data file", outcome.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["model"]));
    }

    [SkippableFact]
    public async Task RanksWithOtherDataAreRefused()
    {
        var other = _folder.Write("other.tsv", string.Concat(File.ReadAllLines(_table).SkipLast(1).Select(line => line + "\n")));
        using var job = RankProcess.Start(
            _folder.Path, Train(_table, batchSize: 4, epochs: 1), Train(other, batchSize: 4, epochs: 1));
        var outcome = await EndsWithin(job);
        Assert.Contains("give every rank the same files.", outcome.ToString(), StringComparison.Ordinal);
    }

    private static async Task<Outcome> EndsWithin(ChildProcess job)
    {
        var clock = Stopwatch.StartNew();
        var outcome = await job.FinishAsync();
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.True(clock.Elapsed < Patience, $"it took {clock.Elapsed}");
        return outcome;
    }

    private string[] Train(string table, int batchSize, int epochs) =>
    [
        "train", "--train-data", table, "--model", _folder["model.json"], "--vocab-size", "560", "--epochs", $"{epochs}",
        "--batch-size", $"{batchSize}", "--output", _folder["model"], "--log-samples", _folder["samples"],
    ];

    private string[] Checkpoints() => Directory.Exists(_folder["model.run/checkpoints"])
        ? Directory.GetFiles(_folder["model.run/checkpoints"], "step_*.safetensors")
        : [];
}
