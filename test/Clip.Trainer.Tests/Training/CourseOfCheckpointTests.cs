using Clip.Conversion.Checkpoints;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>Which settings a run that goes on from a checkpoint may have in another way.</summary>
public sealed class CourseOfCheckpointTests : IDisposable
{
    private static readonly string[] MayChange =
    [
        "Cooldown.End", "Cooldown.Epochs", "Cooldown.Power", "Epochs", "GradClipNorm", "GradientCompression", "LearningRate", "MaxMinutes",
        "MaxSteps", "Scheduler", "Warmup",
    ];

    private readonly TempFolder _folder = new();
    private readonly ClipModel _model = TrainingStepTests.Model();
    private readonly TrainingStep _step;

    public CourseOfCheckpointTests() => _step = new TrainingStep(new ClipObjective(_model), new TrainingOptions());

    public void Dispose()
    {
        _step.Dispose();
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Each step means the same with those of the schedule; with any other it is another run.</summary>
    [Fact]
    public void OnlyWhatTheScheduleIsMadeOfMayChange()
    {
        var course = new TrainingOptions().Course("data");
        Checkpoint.Save(_folder["x"], _step, course);

        Assert.All(course.Keys, name =>
        {
            var other = new Dictionary<string, string>(course) { [name] = "another" };
            if (MayChange.Contains(name)) Assert.Equal(name, Assert.Single(Checkpoint.Load(_folder["x"], _step, other).Changes).Name);
            else Refused.With($" was {course[name]} and is another", () => Checkpoint.Load(_folder["x"], _step, other));
        });
        Assert.Equal(MayChange, Course.MayChange.Order(StringComparer.Ordinal));
    }

    /// <summary>Nothing of a checkpoint that is refused has been taken.</summary>
    [Fact]
    public void OfManyDifferencesTheFirstFiveAreNamedAndTheOthersCounted()
    {
        var then = Enumerable.Range(0, 7).ToDictionary(i => $"S{i}", _ => "1");
        Checkpoint.Save(_folder["x"], _step, then);
        (_step.Steps, _step.Seconds) = (3, 4);

        var error = Assert.Throws<ClipException>(
            () => Checkpoint.Load(_folder["x"], _step, then.ToDictionary(s => s.Key, _ => "2")));

        Assert.Contains("`S3` was 1 and is 2, `S4` was 1 and is 2, and 2 more; go on", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("S5", error.Message, StringComparison.Ordinal);
        Assert.Equal((3, 4), (_step.Steps, _step.Seconds));
    }

    [Fact]
    public void WhatWasWrittenElsewhereIsToldFromAnEarlierVersions()
    {
        SafetensorsWriter.Write(_folder["x"], TorchWeights.Of(_model));
        Refused.With("is not a checkpoint of this program", () => Checkpoint.Load(_folder["x"], _step, new Dictionary<string, string>()));

        Checkpoint.Save(_folder["x"], _step, new Dictionary<string, string> { ["--lr"] = "1" });
        Refused.With("an earlier version", () => Checkpoint.Load(_folder["x"], _step, new Dictionary<string, string>()));
    }
}
