using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.Tokenizing;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Training;

/// <summary>What a run that goes on may do in another way than the one before, and what it may not.</summary>
public sealed class GoingOnTests : IAsyncLifetime, IDisposable
{
    private readonly TinyRun _run = new();
    private string _checkpoint = "";

    public async Task InitializeAsync()
    {
        using var loop = _run.Trainer(out var model, _run.Folder["run"]);
        using var unused = model;
        Assert.True(await loop.RunAsync(CancellationToken.None));
        _checkpoint = new CheckpointFolder(_run.Folder["run"], keep: 2).Latest()!;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _run.Dispose();

    [Fact]
    public void AnotherOptionIsNamedWithBothItsValues()
    {
        var error = Assert.Throws<ClipException>(() => Resume(_run.Options with { BatchSize = 3, Augmentation = new() { Hue = 0.1 } }));

        Assert.Equal(
            $"{_checkpoint} comes from a run with other options: `BatchSize` was 4 and is 3, `Augmentation.Hue` was 0 and is 0.1; "
            + "go on with the same ones, or start anew with another `ModelFolder`.",
            error.Message);
    }

    [Theory]
    [InlineData("\"heads\": 2", "\"heads\": 4", "the model's text_config.num_attention_heads was 2 and is 4")]
    [InlineData("\"embed_dim\"", "\"quick_gelu\": true, \"embed_dim\"", "hidden_act was gelu and is quick_gelu")]
    public void AnotherConfigOfTheSameShapesIsRefused(string given, string other, string sentence)
    {
        File.WriteAllText(_run.ConfigFile, TinyRun.Config.Replace(given, other, StringComparison.Ordinal));

        Assert.Contains(sentence, Assert.Throws<ClipException>(() => Resume(_run.Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherTokenizerOfTheSameSizeIsRefused()
    {
        BpeTrainer.Train(["zebras xylophones quizzes jazz"], 520).Save(_run.Folder["tokenizer"]);

        var error = Assert.Throws<ClipException>(() => Resume(_run.Options));

        Assert.Contains("the tokenizer was one of 520 entries, ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" and is one of 520 entries, ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MoreEpochsAtAnotherRateFollowTheNewScheduleFromThereOn()
    {
        using var run = Other(_run.Options with { Epochs = 6, LearningRate = 5e-4 });
        var rates = new List<double>();
        using var loop = run.Trainer(out var model, checkpoints: null, step => rates.Add(step.LearningRate));
        using var unused = model;

        var changes = loop.Resume(_checkpoint);
        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.Equal(["`Epochs` was 4 and is 6", "`LearningRate` was 0.001 and is 0.0005"], changes.Select(c => c.ToString()));
        var schedule = new LearningRateSchedule(5e-4, Warmup: 2, Total: 18);
        Assert.Equal([.. Enumerable.Range(12, 6).Select(step => schedule.At(step))], rates);
    }

    [Fact]
    public void FewerStepsThanAreDoneAreRefused()
    {
        var error = Assert.Throws<ClipException>(() => Resume(_run.Options with { MaxSteps = 5 }));

        Assert.Contains("has done 12 steps, and the run is to have 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOptionThatDecidesTheCourseIsInIt()
    {
        var course = new TrainingOptions().Course("data");

        // Each with another value in turn, and one name tells of it.
        TrainingOptions[] others =
        [
            new() { Objective = ObjectiveKind.SigLip }, new() { Epochs = 3 }, new() { BatchSize = 3 }, new() { LearningRate = 3 },
            new() { MaxMinutes = 3 }, new() { AccumFrequency = 3 }, new() { LayerDecay = 0.5 }, new() { Warmup = 3 },
            new() { Scheduler = LearningRateScheduler.Const }, new() { Algorithm = OptimizerAlgorithm.Muon },
            new() { Optimizer = new AdamWOptions(WeightDecay: 3) }, new() { GradClipNorm = 3 }, new() { ModelEmaDecay = 0.5 },
            new() { Precision = TrainingPrecision.Bf16 }, new() { Tf32 = true }, new() { Seed = 3 },
            new() { Augmentation = new() { Background = new Background((1, 2, 3)) } },
            new() { Augmentation = new() { Crop = new RandomResizedCrop(0.5) } }, new() { FineTuning = new() { LockText = true } },
        ];
        Assert.All(others, other => Assert.Single(Course.Changes(course, other.Course("data"))));
    }

    [Fact]
    public async Task AStopStopsWhileAPicturesFileBlocks()
    {
        using var never = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        using var fresh = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        using var loop = Loop(model, Pairs(never, after: 6), validation: null);
        loop.OnStep = _ => stop.CancelAfter(TimeSpan.FromMilliseconds(100));

        Assert.False(await loop.RunAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.True(File.Exists(_run.Folder["stuck/step_00000001.safetensors"]));
        never.Set();
    }

    [Fact]
    public async Task AValidationThatWasStoppedIsMadeUpFor()
    {
        using var never = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        using var fresh = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        using (var loop = Loop(model, Pairs(never, after: 100), Pairs(never, after: 0)))
        {
            loop.OnStep = step => stop.CancelAfter(step.Step < 3 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(100));
            Assert.False(await loop.RunAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(60)));
        }

        var validated = new List<(int Epoch, long Step)>();
        using var resumed = Loop(model, Pairs(never, after: 100), Pairs(never, after: 100));
        resumed.OnValidation = report => validated.Add((report.Epoch, report.Step));
        resumed.Resume(new CheckpointFolder(_run.Folder["stuck"], keep: 2).Latest()!);
        Assert.True(await resumed.RunAsync(CancellationToken.None));

        Assert.Equal([(1, 3), (2, 6), (3, 9), (4, 12)], validated);
        never.Set();
    }

    private TrainingLoop Loop(ClipModel model, PairLoader pairs, PairLoader? validation)
    {
        var objective = new ClipObjective(model);
        var validator = validation is null
            ? null
            : new Validator(objective, validation, pairsEvery: 1, sets: [], setsEvery: 1, probe: null!);
        return new TrainingLoop(objective, 16, _run.Options, pairs, validator, new CheckpointFolder(_run.Folder["stuck"], keep: 2));
    }

    private PairLoader Pairs(ManualResetEventSlim never, int after) => new(
        new TableSource(CaptionTable.Read(_run.Table)), _run.Tokenizer().Rows,
        new Stuck(never, after), new PairLoaderOptions(BatchSize: 4, Seed: 5));

    private void Resume(TrainingOptions options)
    {
        using var run = Other(options);
        using var loop = run.Trainer(out var model, checkpoints: null);
        using (model) loop.Resume(_checkpoint);
    }

    /// <summary>Another run on the same pictures, config and tokenizer.</summary>
    private TinyRun Other(TrainingOptions options) => new(_run) { Options = options };

    /// <summary>Pixels whose reading blocks after the first few.</summary>
    private sealed class Stuck(ManualResetEventSlim until, int after) : IPixelSource
    {
        private int _filled;

        public int FloatCount => 3 * 16 * 16;

        public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
        {
            if (Interlocked.Increment(ref _filled) > after) until.Wait();
            destination.Fill(record / 12f);
        }
    }
}
