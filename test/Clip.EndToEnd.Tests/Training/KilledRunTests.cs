namespace Clip.EndToEnd.Tests;

/// <summary>What a run showed the model, told by <c>--log-samples</c>, does not depend on how often the run was ended.</summary>
public sealed class KilledRunTests : IDisposable
{
    private const int Pairs = 48, BatchSize = 4, StepsPerEpoch = Pairs / BatchSize, Epochs = 16;

    private readonly TempFolder _folder = new();
    private readonly string _table;

    public KilledRunTests()
    {
        _table = Pictures.Draw(_folder, "pictures", ofEach: Pairs / 12, side: 32);
        _folder.Write("model.json", TrainedModel.Config);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("table")]
    [InlineData("webdataset")]
    public async Task ARunKilledInTheMiddleOfEpochsShowsEveryPairAsOftenAsOneThatWasNot(string source)
    {
        var data = source == "table" ? _table : await ShardAsync();
        (await ClipProcess.RunAsync(Train(data, "whole"))).Succeeded();

        string[] killed = [.. Train(data, "killed"), "--save-steps", "7"];
        using (var run = ClipProcess.Start(_folder.Path, killed))
        {
            await Reach("killed", step: StepsPerEpoch + 7);
            run.Kill();
        }

        var reached = LastStep("killed");
        using (var run = ClipProcess.Start(_folder.Path, [.. killed, "--resume", "latest"]))
        {
            var line = await run.SeeAsync(text => text.StartsWith("Resumed from", StringComparison.Ordinal));
            // A checkpoint within an epoch, not at its end.
            Assert.DoesNotContain($"at step {StepsPerEpoch} ", line, StringComparison.Ordinal);
            await Reach("killed", reached + StepsPerEpoch);
            run.Kill();
        }

        Assert.InRange(LastStep("killed"), reached + 1, (StepsPerEpoch * Epochs) - 1);
        (await ClipProcess.RunAsync([.. killed, "--resume", "latest"])).Succeeded();

        Assert.Equal(Seen("whole").Order(), Seen("killed").Order());
        Assert.Equal(Seen("whole"), Seen("killed"));
        Assert.All(Seen("killed").GroupBy(line => line.Split('\t')[1]), pair => Assert.Equal(Epochs, pair.Count()));
    }

    [Fact]
    public async Task ACorruptShardCostsItsRecordsAndNotTheRun()
    {
        var shards = await ShardAsync("--shard-size", "0.02");
        var files = Directory.GetFiles(_folder["shards"]).Order().ToArray();
        Assert.True(files.Length > 2);
        using (var file = File.OpenWrite(files[1])) file.SetLength(file.Length / 2);

        var run = (await ClipProcess.RunAsync([.. Train(shards, "model", epochs: 1)])).Succeeded();
        Assert.Single(
            run.OutputLines, line => line.StartsWith($"Skipped {files[1]}: the shard cannot be read beyond ", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.StartsWith("1 of ", StringComparison.Ordinal)
            && line.EndsWith(" records were bad and were skipped.", StringComparison.Ordinal));

        var strict = await ClipProcess.RunAsync([.. Train(shards, "strict", epochs: 1), "--max-bad", "0"]);
        Assert.Equal(1, strict.ExitCode);
        Assert.Contains("more than the 0 percent that --max-bad allows", Assert.Single(strict.ErrorLines), StringComparison.Ordinal);
    }

    private async Task<string> ShardAsync(params string[] more)
    {
        (await ClipProcess.RunAsync(["data", "shard", _table, "--output", _folder["shards"], .. more])).Succeeded();
        return _folder["shards"];
    }

    private string[] Train(string data, string name, int epochs = Epochs) =>
    [
        "train", "--train-data", data, "--model", _folder["model.json"], "--vocab-size", "560", "--epochs", $"{epochs}",
        "--batch-size", $"{BatchSize}", "--save-frequency", "100", "--output", _folder[name], "--log-samples", _folder[name + ".log"],
    ];

    private async Task Reach(string name, long step)
    {
        for (var patience = 0; LastStep(name) < step; patience++)
        {
            Assert.True(patience < 20_000, $"the run did not reach step {step}");
            await Task.Delay(5);
        }
    }

    private long LastStep(string name) => Seen(name) is [.., var last] && long.TryParse(last.Split('\t')[0], out var step) ? step : 0;

    private string[] Seen(string name)
    {
        if (!File.Exists(_folder[name + ".log"])) return [];
        using var file = new FileStream(_folder[name + ".log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
