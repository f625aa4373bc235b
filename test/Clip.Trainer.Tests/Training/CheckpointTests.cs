using Clip.Conversion.Checkpoints;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>A checkpoint holds all that a run has become: what goes on from it cannot be told from what was never stopped.</summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { ModelEmaDecay = 0.9 };
    private static readonly Dictionary<string, string> Course = new() { ["LearningRate"] = "1" };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Of every field of the state, with a ResNet for its statistics and an average for its own.</summary>
    [Theory]
    [InlineData(OptimizerAlgorithm.AdamW)]
    [InlineData(OptimizerAlgorithm.Muon)]
    public void EveryPartOfTheStateIsRestored(OptimizerAlgorithm algorithm)
    {
        using var scope = NewDisposeScope();
        var options = Options with { Algorithm = algorithm };
        using var model = RandomResNet.Create(seed: 1);
        using var step = new TrainingStep(new ClipObjective(model), options);
        foreach (var rate in new[] { 1e-2, 1e-3, 1e-2 }) Take(step, rate);
        step.Seconds = 1234.5678901234567;
        var saved = State(step);
        Checkpoint.Save(_folder["x"], step, Course, validationDue: true);
        using (var reader = SafetensorsReader.Open(_folder["x"]))
            Assert.Equal(saved.Keys.Except(["seconds", "steps"]).Order(StringComparer.Ordinal), reader.Names.Order(StringComparer.Ordinal));

        using var other = RandomResNet.Create(seed: 2);
        using var resumed = new TrainingStep(new ClipObjective(other), options);
        Take(resumed, 1e-2);
        var (changes, validationDue) = Checkpoint.Load(_folder["x"], resumed, Course);

        Assert.Empty(changes);
        Assert.True(validationDue);
        AssertSame(saved, State(resumed));

        // And so does the next step.
        Assert.Equal(Take(step, 1e-3), Take(resumed, 1e-3));
        AssertSame(State(step), State(resumed));

        // What is compared is not blind: every part has moved from where it started.
        using var fresh = RandomResNet.Create(seed: 1);
        using var start = new TrainingStep(new ClipObjective(fresh), options);
        var untouched = State(start).Where(part => part.Value.SequenceEqual(saved[part.Key])).Select(part => part.Key);
        Assert.DoesNotContain(untouched, name => !name.Contains("k_proj.bias", StringComparison.Ordinal));
    }

    [Fact]
    public void ValidationIsDueOnlyWhereItWasSaidToBe()
    {
        using var model = RandomResNet.Create();
        using var step = new TrainingStep(new ClipObjective(model), Options);
        Checkpoint.Save(_folder["x"], step, Course);

        Assert.False(Checkpoint.Load(_folder["x"], step, Course).ValidationDue);
    }

    [Fact]
    public void AStateThatTheFileLacksIsRefused()
    {
        using var model = RandomResNet.Create();
        using var plain = new TrainingStep(new ClipObjective(model), new TrainingOptions());
        using var averaging = new TrainingStep(new ClipObjective(model), Options);
        Checkpoint.Save(_folder["x"], plain, Course);

        Assert.Contains(
            "no tensor 'ema.", Assert.Throws<ClipException>(() => Checkpoint.Load(_folder["x"], averaging, Course)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>The minutes of a run are those of all its parts.</summary>
    [Fact]
    public async Task ARunThatWentOnHasNoMoreMinutesThanIsLeft()
    {
        using var run = new TinyRun { Options = new() { Epochs = 50, BatchSize = 4, MaxMinutes = 1 } };
        using (var loop = run.Trainer(out var model, run.Folder["run"]))
        using (model)
        using (var step = new TrainingStep(new ClipObjective(model), run.Options))
        {
            (step.Steps, step.Seconds) = (7, 61);
            new CheckpointFolder(run.Folder["run"], keep: 2).Save(step, loop.Course);
        }

        var taken = 0;
        using var resumed = run.Trainer(out var same, checkpoints: null, _ => taken++);
        using var unused = same;
        resumed.Resume(new CheckpointFolder(run.Folder["run"], keep: 2).Latest()!);

        Assert.True(await resumed.RunAsync(CancellationToken.None));
        Assert.Equal((0, 7L), (taken, resumed.StepsDone));
    }

    private static StepOutcome Take(TrainingStep step, double rate) => step.Take(
        RandomResNet.Images(4), tensor(new long[] { 30, 1, 31, 30, 2, 31, 30, 3, 31, 30, 4, 31 }, [4, 3]), rate);

    /// <summary>All that changes from step to step, by the names in a checkpoint.</summary>
    private static Dictionary<string, float[]> State(TrainingStep step)
    {
        var state = TorchWeights.Of(step.Module).ToDictionary(w => "model." + w.Key, w => w.Value.Data.ToArray());
        foreach (var (name, value) in step.State) state.Add(name, TorchWeights.Copy(value).Data.ToArray());
        state.Add("steps", [step.Steps]);
        state.Add("seconds", [BitConverter.Int32BitsToSingle((int)BitConverter.DoubleToInt64Bits(step.Seconds)), (float)step.Seconds]);
        return state;
    }

    private static void AssertSame(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, part => Assert.Equal(part.Value, actual[part.Key]));
    }
}
