using System.Globalization;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>
/// What a run tells of itself, to whom and when. Alone, for a run seeds torch's one generator, from which other tests draw starting
/// weights.
/// </summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
public sealed class TrainingRunTests : IDisposable
{
    private readonly TinyRun _run = new() { Options = new() { Epochs = 2, BatchSize = 4, LearningRate = 1e-3, Warmup = 2, Seed = 5 } };
    private readonly List<string> _said = [];

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task AListenerIsToldOfARunFromItsStartToItsEnd()
    {
        var heard = new Heard();

        Assert.True(await Run(Options(), heard));

        Assert.Equal(
            ["start 0 of 6", "step 1", "step 2", "step 3", "epoch 1", "step 4", "step 5", "step 6", "epoch 2", "end", "disposed"],
            heard.Events);
        Assert.Equal((_run.Folder["model.run"], "model.run, 6 steps"), (heard.End!.Folder, heard.End.Title));
        Assert.Equal(4, heard.End.Sample!.Texts.Count); // a batch of validation pairs
        Assert.Equal(
            ["training data", "parameters", "vocabulary", "steps", "options", "version"], heard.End.Facts.Select(fact => fact.Name));
        var facts = heard.End.Facts.ToDictionary(fact => fact.Name, fact => fact.Value);
        Assert.StartsWith("pairs.tsv (12 ", facts["training data"], StringComparison.Ordinal);
        Assert.Equal(("520", "6 of 4 pairs"), (facts["vocabulary"], facts["steps"]));
        Assert.StartsWith("12 pairs, ", _said[0], StringComparison.Ordinal);
        Assert.EndsWith(" parameters, vocabulary 520, 6 steps of 4, on cpu.", _said[0], StringComparison.Ordinal);
        Assert.Equal([_said[0], $"Model folder: {_run.Folder["model"]}"], _said);
    }

    [Fact]
    public async Task ARunThatIsStoppedEndsWithoutAModelAndGoesOnWithItsRecord()
    {
        using var stop = new CancellationTokenSource();
        var (first, second) = (new Heard(), new Heard());
        first.OnStep = step => { if (step == 2) stop.Cancel(); };
        Assert.False(await Run(Options(), first, cancellation: stop.Token));

        Assert.Equal(["start 0 of 6", "step 1", "step 2", "end", "disposed"], first.Events);
        Assert.Equal("model.run, 2 steps of 6", first.End!.Title);
        Assert.Equal("Stopped at step 2 of 6; go on with the same settings and `Resume`.", _said[^1]);
        Assert.False(Directory.Exists(_run.Folder["model"]));

        _said.Clear();
        var faster = Options() with { Training = _run.Options with { LearningRate = 2e-3 } };
        Assert.True(await Run(faster, second, resume: "latest"));

        Assert.Equal("start 2 of 6", second.Events[0]);
        Assert.Equal("step 3", second.Events[1]);
        Assert.EndsWith("step_00000002.safetensors at step 2 of 6.", _said[0], StringComparison.Ordinal);
        Assert.Equal("Changed: `LearningRate` was 0.001 and is 0.002.", _said[1]);
        Assert.StartsWith("The learning rate's schedule is that of these options", _said[2], StringComparison.Ordinal);
        Assert.Equal(["`LearningRate` was 0.001 and is 0.002 from step 2 on"], RunRecord.Load(_run.Folder["model"]).Changes);
        Assert.True(File.Exists(_run.Folder["model/config.json"]));
    }

    /// <summary>Displays and logs are closed whatever happens; but a run that failed has no end to tell of.</summary>
    [Fact]
    public async Task ListenersAreClosedWhereARunFails()
    {
        var heard = new Heard();
        var options = Options() with { Training = _run.Options with { LearningRate = 1e38, Warmup = 0 } };

        var error = await Assert.ThrowsAsync<ClipException>(() => Run(options, heard));

        Assert.Contains("is NaN at step ", error.Message, StringComparison.Ordinal);
        Assert.Equal(("step 1", "disposed"), (heard.Events[1], heard.Events[^1]));
        Assert.Null(heard.End);
        Assert.False(Directory.Exists(_run.Folder["model"]));
    }

    [Theory]
    [InlineData(ObjectiveKind.Clip, false, "There were no validation data to show pairs of.")]
    [InlineData(ObjectiveKind.Bow, true, "This objective compares no pictures with texts, so there are no pairs to show.")]
    public async Task WhereThereIsNoSampleItIsSaidWhy(ObjectiveKind kind, bool validates, string why)
    {
        var heard = new Heard();
        var options = Options() with
        {
            Training = _run.Options with { Objective = kind, MaxSteps = 1, Warmup = 5 },
            Validation = new RunValidation { Data = validates ? NamedSource.Of(_run.Table) : null },
        };

        Assert.True(await Run(options, heard));

        Assert.Null(heard.End!.Sample);
        Assert.Equal(why, heard.End.WithoutSample);
        Assert.Equal(validates ? ["epoch 1"] : [], heard.Events.Where(e => e.StartsWith("epoch", StringComparison.Ordinal)));
        Assert.Contains(_said, line => line.StartsWith("The warm-up of 5 steps is longer than the run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ByAnotherMetricTheBestIsSoughtAnew()
    {
        Assert.True(await Run(Options(), new Heard()));
        _said.Clear();
        var other = Options() with { Training = _run.Options with { Epochs = 3 } };
        other = other with { Validation = other.Validation with { BestMetric = "image_to_text_R@5" } };

        Assert.True(await Run(other, new Heard(), resume: "latest"));

        Assert.Equal(
            "The best checkpoint was that by clip_val_loss; by image_to_text_R@5 it is sought from here on.", _said[1]);
        Assert.Equal((9, "image_to_text_R@5"), Best());

        (long, string) Best()
        {
            var best = new CheckpointFolder(_run.Folder["model.run/checkpoints"], keep: 2, "image_to_text_R@5").Best()!;
            return (best.Step, best.Metric);
        }
    }

    /// <summary>The records of a run that went on have each of its steps once.</summary>
    [Fact]
    public async Task LogsOfARunThatWentOnHaveEachStepOnce()
    {
        using var stop = new CancellationTokenSource();
        var heard = new Heard { OnStep = step => { if (step == 4) stop.Cancel(); } };
        Assert.False(await Run(Options(), heard, cancellation: stop.Token, more: new MetricsLog(TimeProvider.System)));
        Assert.True(await Run(Options(), new Heard(), resume: "latest", more: new MetricsLog(TimeProvider.System)));

        var series = MetricsLog.Read(_run.Folder["model.run/metrics.jsonl"]);
        Assert.Equal([1, 2, 3, 4, 5, 6], series["loss"].Select(point => point.Step));
        Assert.Equal([3, 6], series["clip_val_loss"].Select(point => point.Step));
        Assert.Equal([1.0, 2.0], series["epoch"].Select(point => point.Value));
    }

    private TrainingRunOptions Options() => new()
    {
        Data = new RunData(NamedSource.Of(_run.Table)),
        Model = new RunModel(_run.ConfigFile) { Tokenizer = _run.Folder["tokenizer"] },
        Training = _run.Options,
        Validation = new RunValidation { Data = NamedSource.Of(_run.Table) },
    };

    private Task<bool> Run(
        TrainingRunOptions options, Heard heard, string? resume = null, IRunListener? more = null, CancellationToken cancellation = default)
    {
        IRunListener[] listeners = more is null ? [heard] : [heard, more];
        var output = new RunOutput(_run.Folder["model"]) { Resume = resume };
        return new TrainingRun(options, output, Ranks.Alone, _said.Add, listeners).RunAsync(cancellation);
    }

    private sealed class Heard : IRunListener
    {
        public List<string> Events { get; } = [];

        public Action<long> OnStep { get; set; } = _ => { };

        public RunEnd? End { get; private set; }

        public void Start(RunStart start)
        {
            Assert.True(Directory.Exists(start.Folder));
            Events.Add(string.Create(CultureInfo.InvariantCulture, $"start {start.StepsDone} of {start.TotalSteps}"));
        }

        public void Step(StepReport step)
        {
            Events.Add($"step {step.Step}");
            OnStep(step.Step);
        }

        public void Validation(ValidationReport validation) => Events.Add($"epoch {validation.Epoch}");

        void IRunListener.End(RunEnd end)
        {
            Events.Add("end");
            End = end;
        }

        public void Dispose() => Events.Add("disposed");
    }
}
