using System.CommandLine;
using Clip.Cli.Training;
using Clip.Data;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Cli.Tests.Training;

/// <summary>What options of <c>clip train</c> mean together, and where their limits are.</summary>
public sealed class TrainOptionRulesTests
{
    private const string Usual = "--train-data t.tsv --model m --output o ";

    /// <summary>An objective's own choice stands for what is not given, and gives way to what is, be it the usual value.</summary>
    [Fact]
    public void WhatIsGivenGoesBeforeTheObjectivesChoice()
    {
        Assert.Equal(Augmentation.ConVirt, Training("--objective convirt").Augmentation);
        Assert.Equal(new Augmentation(), Training("--objective clip").Augmentation);
        Assert.Equal(Augmentation.ConVirt with { FlipChance = 0 }, Training("--objective convirt --aug-flip 0").Augmentation);
        Assert.Equal(
            Augmentation.ConVirt with { Crop = new RandomResizedCrop(new RandomResizedCrop().MinScale) },
            Training($"--objective convirt --aug-scale {FormattableString.Invariant($"{new RandomResizedCrop().MinScale}")}").Augmentation);
    }

    [Fact]
    public void ABackgroundIsAColorOrNone()
    {
        Assert.Equal((null, false), (Training("").Augmentation.Background, Training("").Augmentation.DropsAlpha));
        Assert.Equal((null, true), Both("none"));
        Assert.Equal((Background.Parse("#010203"), false), Both("#010203"));

        (Background?, bool) Both(string background)
        {
            var augmentation = Training($"--aug-background {background}").Augmentation;
            return (augmentation.Background, augmentation.DropsAlpha);
        }
    }

    [Fact]
    public void ACooldownFitsIntoTheRun()
    {
        Assert.Equal(
            new Cooldown(2, 0.5, 3), Training("--epochs 2 --epochs-cooldown 2 --lr-cooldown-end 0.5 --lr-cooldown-power 3").Cooldown);
        Assert.Null(Training("--epochs 2").Cooldown);
        // Steps end the run whatever its epochs are.
        Assert.Equal(3, Training("--epochs 2 --epochs-cooldown 3 --max-steps 1000").Cooldown!.Epochs);
        Assert.Equal(
            "--epochs-cooldown 2.5 is more than the 2 epochs of the run; give fewer.", Refused("--epochs 2 --epochs-cooldown 2.5"));
        Assert.Equal(
            "--lr-scheduler const-cooldown needs --epochs-cooldown: how many of the last epochs it takes.",
            Refused("--lr-scheduler const-cooldown"));
    }

    [Theory]
    [InlineData("cosine", LearningRateScheduler.Cosine)]
    [InlineData("const", LearningRateScheduler.Const)]
    [InlineData("const-cooldown --epochs-cooldown 1", LearningRateScheduler.ConstCooldown)]
    public void ASchedulerIsTheOneThatIsNamed(string name, object scheduler) =>
        Assert.Equal(scheduler, Training($"--lr-scheduler {name}").Scheduler);

    [Fact]
    public void AStepHasSixteenMillionPairsAtMost()
    {
        Assert.Equal(1 << 12, Training("--batch-size 4096 --accum-freq 4096").AccumFrequency);
        Assert.Equal(
            "--accum-freq 4096 of --batch-size 4097 are 16781312 pairs a step, and 16777216 are the most; give fewer.",
            Refused("--batch-size 4097 --accum-freq 4096"));
        Assert.StartsWith("--accum-freq 1000000 of ", Refused("--batch-size 1000000 --accum-freq 1000000"), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAverageOfWeightsIsKeptWhereItIsAskedFor()
    {
        Assert.Null(Training("--model-ema-decay 0.5").ModelEmaDecay);
        Assert.Equal(0.5, Training("--model-ema --model-ema-decay 0.5").ModelEmaDecay);
        Assert.Equal(0.9998, Training("--model-ema").ModelEmaDecay);
    }

    [Theory]
    [InlineData("none", GradientCompression.None)]
    [InlineData("fp16", GradientCompression.Float16)]
    [InlineData("bf16", GradientCompression.BFloat16)]
    public void GradientsTravelAsIsAskedFor(string name, object compression) =>
        Assert.Equal(compression, Training($"--grad-compression {name}").GradientCompression);

    [Theory]
    [InlineData("1::0.5", "1 0.5")]
    [InlineData("1000", "1000")]
    [InlineData("1::1001", null)]
    [InlineData("0", null)]
    [InlineData("1::", null)]
    [InlineData("1,5", null)]
    [InlineData("NaN", null)]
    public void AFactorIsAboveZeroAndAThousandAtMost(string given, string? factors)
    {
        var data = new DataOptions();
        var parsed = Parse(data.All, $"--train-data a::b --train-data-upsampling-factors {given}");

        if (factors is null)
        {
            Assert.Throws<ClipException>(() => data.Parse(parsed));
            return;
        }

        var read = data.Parse(parsed).Train.Layout!.UpsamplingFactors!;
        Assert.Equal(factors, string.Join(' ', read.Select(factor => FormattableString.Invariant($"{factor}"))));
    }

    [Fact]
    public void AsManyThreadsReadAsThereAreCores()
    {
        var loading = new LoadingOptions();

        Assert.Equal(
            new ReadingOptions
            {
                Workers = Environment.ProcessorCount,
                MaxBadPercent = 10,
                ReadTimeout = ReadingOptions.DefaultReadTimeout,
            },
            loading.Parse(Parse(loading.All, "")));
        Assert.Equal(1, loading.Parse(Parse(loading.All, "--workers 1")).Workers);
    }

    [Fact]
    public void AModelIsNamedOrStartedFrom()
    {
        var train = new TrainOptions();

        var error = Assert.Throws<ClipException>(() => train.Parse(Parse(train.All, "--train-data t.tsv --output o")));

        Assert.StartsWith("--model is missing; name a config", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            ("elsewhere", "given"),
            (train.Parse(Parse(train.All, Usual + "--tokenizer t --pretrained given"), "elsewhere").Training.FineTuning.Pretrained,
                train.Parse(Parse(train.All, Usual + "--tokenizer t --pretrained given")).Training.FineTuning.Pretrained));
    }

    private static TrainingOptions Training(string given)
    {
        var train = new TrainOptions();
        return train.Parse(Parse(train.All, Usual + given)).Training;
    }

    private static string Refused(string given) => Assert.Throws<ClipException>(() => Training(given)).Message;

    private static ParseResult Parse(IEnumerable<Option> options, string given)
    {
        var command = new RootCommand();
        foreach (var option in options) command.Options.Add(option);
        return command.Parse(given);
    }
}
