using Clip.Trainer.Reporting;

namespace Clip.Trainer.Tests.Reporting;

/// <summary>What a log has is in its file at once: a run may be killed at any time, and its user looks on.</summary>
public sealed class LogsOfKilledRunsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryLineIsInTheFileWhenItIsToldOf()
    {
        using var log = new MetricsLog(new ManualTime());
        Runs.Tell(log, _folder.Path, from: 1, to: 4);

        using var reader = new StreamReader(
            new FileStream(_folder["metrics.jsonl"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(5, reader.ReadToEnd().Count(letter => letter == '\n'));
    }

    [Fact]
    public void EveryEventIsInTheFileWhenItIsToldOf()
    {
        using var log = new TensorBoardLog(new ManualTime());
        var lengths = new List<long>();
        log.Start(new Clip.Trainer.Training.RunStart(_folder.Path, TotalSteps: 10, StepsDone: 0));
        Note();
        log.Step(Runs.Step(1));
        Note();
        log.Validation(Runs.Validation(1, 1));
        Note();

        Assert.True(lengths[0] > 0 && lengths[1] > lengths[0] && lengths[2] > lengths[1], string.Join(' ', lengths));

        void Note() => lengths.Add(new FileInfo(Directory.GetFiles(_folder["tensorboard"]).Single()).Length);
    }

    /// <summary>Of a run that goes on, what the file has of the steps that it will do again is dropped, validations, too.</summary>
    [Fact]
    public void AValidationOfAStepThatIsDoneAgainIsDropped()
    {
        using (var killed = new MetricsLog(new ManualTime())) Runs.Tell(killed, _folder.Path, from: 1, to: 7);

        using (var resumed = new MetricsLog(new ManualTime())) Runs.Tell(resumed, _folder.Path, from: 4, to: 3);

        var series = MetricsLog.Read(_folder["metrics.jsonl"]);
        Assert.Equal([1, 2, 3], series["loss"].Select(point => point.Step));
        Assert.DoesNotContain("clip_val_loss", series.Keys);
    }

    /// <summary>Time is no series, and neither is the step by which all are ordered.</summary>
    [Fact]
    public void ASeriesIsEveryNumberOfALine()
    {
        _folder.Write("metrics.jsonl", "{\"step\":1,\"time\":\"noon\",\"loss\":2,\"lr\":null}\n{\"step\":3,\"loss\":1.5,\"epoch\":1}\n");

        var series = MetricsLog.Read(_folder["metrics.jsonl"]);

        Assert.Equal(["epoch", "loss"], series.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([(1L, 2.0), (3L, 1.5)], series["loss"]);
    }

    /// <summary>What is told of ranks: shares of the step, the slowest one, and how much slower.</summary>
    [Fact]
    public void AStepOfSeveralRanksTellsOfThem()
    {
        var step = Runs.Step(1) with { Ranks = new Clip.Trainer.Training.RankTimes(0.125, 3, 1.5) };

        Assert.Equal(
            [("communication", 0.25), ("slowest_rank", 3.0), ("slowest_rank_ratio", 1.5)], step.Values.Skip(Runs.Step(1).Values.Count()));
    }
}
