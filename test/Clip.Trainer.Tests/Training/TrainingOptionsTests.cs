using System.Globalization;
using Clip.Data;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>What a training does when nothing is said, which numbers it takes, and what of it decides the course of a run.</summary>
public sealed class TrainingOptionsTests
{
    /// <summary>open_clip's defaults, and those that docs/cli.md names; a number that changes here changes every run without it.</summary>
    [Fact]
    public void WithoutAWordATrainingIsOpenClips()
    {
        var expected = new TrainingOptions
        {
            Objective = ObjectiveKind.Clip,
            Epochs = 32,
            BatchSize = 128,
            LearningRate = 5e-4,
            MaxSteps = null,
            MaxMinutes = null,
            AccumFrequency = 1,
            GradCheckpointing = false,
            Scheduler = LearningRateScheduler.Cosine,
            Cooldown = null,
            LayerDecay = 1,
            Warmup = 100,
            Algorithm = OptimizerAlgorithm.AdamW,
            Optimizer = new AdamWOptions(Beta1: null, Beta2: null, Epsilon: null, WeightDecay: 0.2),
            GradClipNorm = null,
            ModelEmaDecay = null,
            LabelSmoothing = 0,
            MaxLogitScale = 100,
            Precision = TrainingPrecision.Fp32,
            Tf32 = false,
            Device = "auto",
            LocalLoss = false,
            GradientCompression = GradientCompression.None,
            SynchronizedBatchNorm = false,
            Seed = 0,
            SaveFrequency = 1,
            SaveSteps = null,
            FineTuning = new FineTuningOptions
            {
                Pretrained = null,
                LockImage = false,
                LockImageUnlockedGroups = 0,
                LockText = false,
                LockTextUnlockedLayers = 0,
                LoraRank = 0,
                LoraAlpha = null,
            },
        };

        Assert.Equal(Settings.Of(expected), Settings.Of(new TrainingOptions()));
        new TrainingOptions().Validate();
        Assert.Equal(new Cooldown(3, End: 0, Power: 1), new Cooldown(3));
        Assert.Equal(8192, RunModel.DefaultVocabSize);
        Assert.Equal((2, 2), (RunOutput.DefaultKeep, new RunOutput("m").Keep));
        Assert.Equal((1, 1), (new RunValidation().Frequency, new RunValidation().ZeroShotFrequency));
    }

    /// <summary>A setting, the least and the most that it takes, and what it does not take.</summary>
    private static readonly (string Name, Func<double, TrainingOptions> Of, double[] Taken, double[] Refused)[] Ranges =
    [
        ("Epochs", x => new() { Epochs = (int)x }, [1, 1e6], [0, -1]),
        ("BatchSize", x => new() { BatchSize = (int)x }, [2, 1 << 24], [1, 0]),
        ("AccumFrequency", x => new() { AccumFrequency = (int)x, BatchSize = 1 << 20 }, [1, 16], [0, 17]),
        ("MaxSteps", x => new() { MaxSteps = (long)x }, [1, 1e12], [0, -1]),
        ("MaxMinutes", x => new() { MaxMinutes = x }, [1e-9, 1e9], [0, -1, double.PositiveInfinity, double.NaN]),
        ("LearningRate", x => new() { LearningRate = x }, [1e-12, 10], [0, -1, double.PositiveInfinity, double.NaN]),
        ("LayerDecay", x => new() { LayerDecay = x }, [0.1, 1], [0, 1.001, double.NaN]),
        ("Warmup", x => new() { Warmup = (long)x }, [0, 1e9], [-1]),
        ("Cooldown.Epochs", x => new() { Cooldown = new(x) }, [0, 2.5], [-1, double.NaN, double.PositiveInfinity]),
        ("Cooldown.End", x => new() { Cooldown = new(2, End: x) }, [0, 1e-4], [-1e-4, double.NaN]),
        ("Cooldown.Power", x => new() { Cooldown = new(2, Power: x) }, [0.1, 3], [0, -1, double.NaN]),
        ("Optimizer.WeightDecay", x => new() { Optimizer = new(WeightDecay: x) }, [0, 5], [-1e-3, double.NaN]),
        ("Optimizer.Beta1", x => new() { Optimizer = new(Beta1: x) }, [0, 0.999999], [-1e-3, 1, double.NaN]),
        ("Optimizer.Beta2", x => new() { Optimizer = new(Beta2: x) }, [0, 0.999999], [-1e-3, 1, double.NaN]),
        ("Optimizer.Epsilon", x => new() { Optimizer = new(Epsilon: x) }, [1e-30, 1], [0, -1, double.NaN]),
        ("GradClipNorm", x => new() { GradClipNorm = x }, [1e-9, 1e9], [0, -1, double.NaN]),
        ("ModelEmaDecay", x => new() { ModelEmaDecay = x }, [0, 0.999999], [-1e-3, 1, double.NaN]),
        ("FineTuning.LockImageUnlockedGroups",
            x => new() { FineTuning = new() { LockImage = true, LockImageUnlockedGroups = (int)x } }, [0, 3], [-1]),
        ("FineTuning.LockTextUnlockedLayers",
            x => new() { FineTuning = new() { LockText = true, LockTextUnlockedLayers = (int)x } }, [0, 3], [-1]),
        ("FineTuning.LoraRank", x => new() { FineTuning = new() { LoraRank = (int)x } }, [0, 8], [-1]),
        ("FineTuning.LoraAlpha", x => new() { FineTuning = new() { LoraRank = 2, LoraAlpha = x } }, [1e-3, 64], [0, -1, double.NaN]),
        ("SaveFrequency", x => new() { SaveFrequency = (int)x }, [1, 100], [0, -1]),
        ("SaveSteps", x => new() { SaveSteps = (long)x }, [1, 100], [0, -1]),
        ("Augmentation.OutlineChance", x => new() { Augmentation = new() { OutlineChance = x } }, [0, 1], [-0.1, 1.1]),
        ("Captions.FirstChance", x => new() { Captions = new() { FirstChance = x } }, [0, 1], [-0.1, 1.1]),
        ("Captions.JoinChance", x => new() { Captions = new() { JoinChance = x } }, [0, 1], [-0.1, 1.1]),
        ("Captions.ShuffleChance", x => new() { Captions = new() { ShuffleChance = x } }, [0, 1], [-0.1, 1.1]),
        ("Captions.WordDropout", x => new() { Captions = new() { WordDropout = x } }, [0, 0.99], [-0.1, 1]),
        ("LabelSmoothing", x => new() { LabelSmoothing = x }, [0, 0.99], [-0.1, 1]),
        ("MaxLogitScale", x => new() { MaxLogitScale = x }, [1, 100], [0.99, 100.5]),
    ];

    [Fact]
    public void NumbersAreTakenUpToTheirBoundsAndNoFurther() => Assert.All(Ranges, range =>
    {
        Assert.All(range.Taken, value => range.Of(value).Validate());
        Assert.All(range.Refused, value => Assert.StartsWith(
            string.Create(CultureInfo.InvariantCulture, $"`{range.Name}` is {value}, and must be "),
            Assert.Throws<ClipException>(range.Of(value).Validate).Message, StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(ObjectiveKind.Clip, true, true)]
    [InlineData(ObjectiveKind.SigLip, false, true)]
    [InlineData(ObjectiveKind.ConVirt, false, false)]
    [InlineData(ObjectiveKind.VirTex, false, false)]
    [InlineData(ObjectiveKind.Bow, false, false)]
    public void AnObjectiveTakesTheSettingsThatAreItsOwn(ObjectiveKind kind, bool smooths, bool hasLearnedScale)
    {
        var plain = new TrainingOptions { Objective = kind };
        plain.Validate();

        Assert.Equal(smooths, Record.Exception((plain with { LabelSmoothing = 0.1 }).Validate) is null);
        Assert.Equal(hasLearnedScale, Record.Exception((plain with { MaxLogitScale = 50 }).Validate) is null);
    }

    /// <summary>Each with another value in turn, by the one name that tells of it.</summary>
    private static readonly (string Name, TrainingOptions Other)[] Deciding =
    [
        ("Objective", new() { Objective = ObjectiveKind.Bow }), ("BatchSize", new() { BatchSize = 3 }),
        ("AccumFrequency", new() { AccumFrequency = 3 }), ("Epochs", new() { Epochs = 3 }), ("MaxMinutes", new() { MaxMinutes = 3 }),
        ("LearningRate", new() { LearningRate = 3 }), ("Warmup", new() { Warmup = 3 }),
        ("Scheduler", new() { Scheduler = LearningRateScheduler.Const }), ("LayerDecay", new() { LayerDecay = 0.5 }),
        ("Optimizer.WeightDecay", new() { Optimizer = new(WeightDecay: 3) }), ("Optimizer.Beta1", new() { Optimizer = new(Beta1: 0.5) }),
        ("Optimizer.Beta2", new() { Optimizer = new(Beta2: 0.5) }), ("Optimizer.Epsilon", new() { Optimizer = new(Epsilon: 0.5) }),
        ("GradClipNorm", new() { GradClipNorm = 3 }), ("ModelEmaDecay", new() { ModelEmaDecay = 0.5 }), ("Seed", new() { Seed = 3 }),
        ("Precision", new() { Precision = TrainingPrecision.Fp16 }), ("Tf32", new() { Tf32 = true }),
        ("GradientCompression", new() { GradientCompression = GradientCompression.Float16 }),
        ("SynchronizedBatchNorm", new() { SynchronizedBatchNorm = true }),
        ("FineTuning.LockImage", new() { FineTuning = new() { LockImage = true } }),
        ("FineTuning.LockImageUnlockedGroups", new() { FineTuning = new() { LockImageUnlockedGroups = 1 } }),
        ("FineTuning.LockText", new() { FineTuning = new() { LockText = true } }),
        ("FineTuning.LockTextUnlockedLayers", new() { FineTuning = new() { LockTextUnlockedLayers = 1 } }),
        ("FineTuning.LoraRank", new() { FineTuning = new() { LoraRank = 2 } }),
        ("FineTuning.LoraAlpha", new() { FineTuning = new() { LoraAlpha = 2 } }),
        ("Augmentation.Crop.MinScale", new() { Augmentation = new() { Crop = new(0.5) } }),
        ("the crops' largest scale", new() { Augmentation = new() { Crop = new(0.9, 0.95) } }),
        ("Augmentation.Background", new() { Augmentation = new() { Background = new Background((1, 2, 3)) } }),
        ("Augmentation.FlipChance", new() { Augmentation = new() { FlipChance = 0.5 } }),
        ("Augmentation.Rotation", new() { Augmentation = new() { Rotation = 5 } }),
        ("Augmentation.Translation", new() { Augmentation = new() { Translation = 0.5 } }),
        ("Augmentation.Zoom", new() { Augmentation = new() { Zoom = 0.5 } }),
        ("Augmentation.ColorJitter", new() { Augmentation = new() { ColorJitter = 0.5 } }),
        ("Augmentation.Hue", new() { Augmentation = new() { Hue = 0.5 } }),
        ("Augmentation.GrayscaleChance", new() { Augmentation = new() { GrayscaleChance = 0.5 } }),
        ("Augmentation.BlurChance", new() { Augmentation = new() { BlurChance = 0.5 } }),
        ("Augmentation.OutlineChance", new() { Augmentation = new() { OutlineChance = 0.5 } }),
        ("Captions.FirstChance", new() { Captions = new() { FirstChance = 0.5 } }),
        ("Captions.JoinChance", new() { Captions = new() { JoinChance = 0.5 } }),
        ("Captions.ShuffleChance", new() { Captions = new() { ShuffleChance = 0.5 } }),
        ("Captions.WordDropout", new() { Captions = new() { WordDropout = 0.5 } }),
        ("Algorithm", new() { Algorithm = OptimizerAlgorithm.Muon }), ("LabelSmoothing", new() { LabelSmoothing = 0.5 }),
        ("MaxLogitScale", new() { MaxLogitScale = 50 }),
    ];

    [Fact]
    public void EverySettingThatDecidesTheCourseIsToldByItsOwnName()
    {
        var course = new TrainingOptions().Course("data");

        Assert.All(Deciding, one => Assert.Equal(one.Name, Assert.Single(Course.Changes(course, one.Other.Course("data"))).Name));
        Assert.Equal("the training data", Assert.Single(Course.Changes(course, new TrainingOptions().Course("other data"))).Name);
        // Beside the cooldown's, the steps' and those of the crops' shapes there are no more.
        string[] others =
        [
            "the training data", "MaxSteps", "Cooldown.Epochs", "Cooldown.End", "Cooldown.Power", "the crops' least ratio",
            "the crops' largest ratio",
        ];
        Assert.Equal(course.Keys.Order(StringComparer.Ordinal), Deciding.Select(d => d.Name).Concat(others).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void StepsInPlaceOfEpochsAndTheCooldownAreInTheCourse()
    {
        var cooling = new TrainingOptions { MaxSteps = 9, Epochs = 3, Cooldown = new Cooldown(2, 0.25, 3) }.Course("data");

        Assert.Equal(("9", "none"), (cooling["MaxSteps"], cooling["Epochs"]));
        Assert.Equal(("2", "0.25", "3"), (cooling["Cooldown.Epochs"], cooling["Cooldown.End"], cooling["Cooldown.Power"]));
    }

    /// <summary>Where it runs and how much memory it takes is no part of what it comes to, and of ranks the batch of all counts.</summary>
    [Fact]
    public void WhatChangesNoResultIsNoPartOfTheCourse()
    {
        var course = new TrainingOptions().Course("data");

        Assert.All(
            new TrainingOptions[]
            {
                new() { Device = "cpu" }, new() { GradCheckpointing = true }, new() { LocalLoss = true }, new() { SaveFrequency = 3 },
                new() { SaveSteps = 3 },
            },
            other => Assert.Empty(Course.Changes(course, other.Course("data"))));
        Assert.Empty(Course.Changes(course, new TrainingOptions { BatchSize = 32 }.Course("data", ranks: 4)));
    }

    /// <summary>A setting that an earlier version did not have was as it is without a word.</summary>
    [Fact]
    public void ACourseWithoutANameIsOneWithoutTheSetting()
    {
        Dictionary<string, string> then = new() { ["Seed"] = "1" }, now = new() { ["Seed"] = "1", ["Hue"] = "none", ["Zoom"] = "2" };

        Assert.Equal(["`Zoom` was none and is 2"], Course.Changes(then, now).Select(change => change.ToString()));
        Assert.Equal(["`Zoom` was 2 and is none"], Course.Changes(now, then).Select(change => change.ToString()));
    }
}
