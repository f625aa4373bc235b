using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

/// <summary>What may be asked of CLIP's loss beside what CLIP asks.</summary>
public sealed class ContrastiveLossTests
{
    /// <summary>PyTorch's cross_entropy(label_smoothing=ε), spelled out: 1 − ε at the right class, and ε / B more at each.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.75)]
    public void SmoothedTargetsShareTheirCertaintyWithAllOfTheBatch(double smoothing)
    {
        using var scope = NewDisposeScope();
        var (image, text, scale) = (Features(1), Features(2), tensor(7f));
        var logits = image.matmul(text.t()).mul(7).data<float>().ToArray().Select(logit => (double)logit).ToArray();

        double Entropy(Func<int, int, double> logit) => Enumerable.Range(0, 5).Average(row =>
        {
            var all = Enumerable.Range(0, 5).Select(column => logit(row, column)).ToArray();
            var sum = Math.Log(all.Sum(Math.Exp));
            return all.Select((value, column) => ((column == row ? 1 - smoothing : 0) + (smoothing / 5)) * (sum - value)).Sum();
        });
        var expected = (0.5 * Entropy((row, column) => logits[(5 * row) + column]))
            + (0.5 * Entropy((row, column) => logits[(5 * column) + row]));

        Assert.Equal(expected, ContrastiveLoss.Smoothed(image, text, scale, 0.5, smoothing).item<float>(), 1e-5);
        var shares = ContrastiveLoss.Share(image, text, scale, 0, 2, 0.5, smoothing).item<float>()
            + ContrastiveLoss.Share(image, text, scale, 2, 3, 0.5, smoothing).item<float>();
        Assert.Equal(expected, shares, 1e-5);
    }

    [Fact]
    public void WithoutSmoothingItIsTheSameToTheBit()
    {
        using var scope = NewDisposeScope();
        var (image, text, scale) = (Features(3), Features(4), tensor(7f));

        Assert.Equal(
            ContrastiveLoss.Compute(image, text, scale).item<float>(),
            ContrastiveLoss.Smoothed(image, text, scale, 0.5, smoothing: 0).item<float>());
    }

    [Theory]
    [InlineData(ObjectiveKind.Clip)]
    [InlineData(ObjectiveKind.SigLip)]
    public void TheObjectivesTakeWhatTheTrainingAsksOfThem(ObjectiveKind kind)
    {
        var objective = (TwoTowerObjective)kind.Create(kind.Config(RandomResNet.Config), labelSmoothing: 0.25, maxLogitScale: 5);
        using var module = objective.Module;

        objective.AfterStep();

        Assert.Equal(5, objective.LogitScale!.item<double>(), 1e-5);
        if (objective is ClipObjective clip) Assert.Equal(0.25, clip.LabelSmoothing);
    }

    [Theory]
    [InlineData(ObjectiveKind.SigLip, 0.1, 100, "`LabelSmoothing` is for the objective clip")]
    [InlineData(ObjectiveKind.ConVirt, 0, 50, "`MaxLogitScale` is for the objectives clip and siglip")]
    [InlineData(ObjectiveKind.Clip, 1, 100, "`LabelSmoothing` is 1")]
    [InlineData(ObjectiveKind.Clip, 0, 101, "`MaxLogitScale` is 101")]
    [InlineData(ObjectiveKind.Clip, 0, 0.5, "`MaxLogitScale` is 0.5")]
    public void WhatAnObjectiveCannotTakeIsRefused(ObjectiveKind kind, double smoothing, double scale, string message)
    {
        var options = new TrainingOptions { Objective = kind, LabelSmoothing = smoothing, MaxLogitScale = scale };

        Assert.Contains(message, Assert.Throws<ClipException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.5, 0, 0, 0, 0, "`Augmentation.OutlineChance` is 1.5")]
    [InlineData(0, -1, 0, 0, 0, "`Captions.FirstChance` is -1")]
    [InlineData(0, 0, 2, 0, 0, "`Captions.JoinChance` is 2")]
    [InlineData(0, 0, 0, double.NaN, 0, "`Captions.ShuffleChance` is NaN")]
    [InlineData(0, 0, 0, 0, 1, "`Captions.WordDropout` is 1")]
    public void ChancesAreShares(double outline, double first, double join, double shuffle, double dropout, string message)
    {
        var options = new TrainingOptions
        {
            Augmentation = new Clip.Data.Augmentation { OutlineChance = outline },
            Captions = new Clip.Data.CaptionAugmentation
            {
                FirstChance = first,
                JoinChance = join,
                ShuffleChance = shuffle,
                WordDropout = dropout,
            },
        };

        Assert.Contains(message, Assert.Throws<ClipException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static Tensor Features(int seed)
    {
        using var generator = new Generator((ulong)seed);
        return nn.functional.normalize(randn([5, 8], generator: generator), dim: -1);
    }
}
