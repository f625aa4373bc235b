using Clip.Cli.Evaluating;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Cli.Tests.Evaluating;

/// <summary>What <c>clip evaluate</c> prints for people.</summary>
public sealed class EvaluationTextTests
{
    [Fact]
    public void ZeroShotIsToldBesideChance() => Assert.Equal(
        ["pets: top-1 40.0 %  top-5 90.0 %  mean per-class recall 66.7 %  (1234 images, 3 labels, chance 33.33 %, 1.3 s)"],
        Results.Lines(Results.ZeroShot()));

    [Fact]
    public void AProbeIsToldWithWhatItWasTrainedOnAndHow() => Assert.Equal(
        [
            "pets: linear probe top-1 50.0 %  top-5 90.0 %  mean per-class recall 25.0 %  "
            + "(5 images, trained on 60, L2 weight 0.0316, 2 skipped, 0.0 s)",
        ],
        Results.Lines(Results.Probe()));

    [Fact]
    public void AFewShotProbeIsToldWithItsDraws() => Assert.Equal(
        [
            "pets: 4-shot linear probe top-1 50.0 %  top-5 90.0 %  mean per-class recall 25.0 %  "
            + "(5 images, trained on 60, 3 draws, standard deviation of top-1 1.3 %, 2 skipped, 0.0 s)",
        ],
        Results.Lines(Results.Probe() with { FewShot = 4 }));

    [Fact]
    public void RetrievalIsToldBothWays()
    {
        Metric[] metrics =
        [
            .. new[] { 1, 5, 10 }.Select(k => new Metric($"text_retrieval_recall@{k}", k / 100.0)),
            .. new[] { 1, 5, 10 }.Select(k => new Metric($"image_retrieval_recall@{k}", k / 20.0)),
        ];

        Assert.Equal(
            [
                "pets: image→text R@1 1.0 % R@5 5.0 % R@10 10.0 %  text→image R@1 5.0 % R@5 25.0 % R@10 50.0 %  "
                + "(7 images, 35 captions, 1 skipped, 2.0 s)",
            ],
            Results.Lines(Results.Result(
                EvaluationResult.RetrievalTask, metrics, [("images", 7), ("captions", 35), ("skipped", 1), ("seconds", 2)])));
    }

    [Fact]
    public void ASetOfSeveralRightLabelsHasItsPrecision() => Assert.Equal(
        ["pets: mean average precision 81.4 %  (7 images, 20 labels, 2.0 s)"],
        Results.Lines(Results.Result(
            EvaluationResult.ZeroShotTask, [new("mean_average_precision", 0.8136)],
            [("images", 7), ("labels", 20), ("skipped", 0), ("seconds", 2)])));

    [Fact]
    public void BelowStandBoundsGroupsCalibrationAndWhatIsConfused()
    {
        var result = Results.ZeroShot() with
        {
            Metrics =
            [
                new("acc1", 0.4, null, new Interval(0.2, 0.605)), new("acc5", 0.9), new("mean_per_class_recall", 0.5, null, new(0.1, 1)),
                new("group_acc1", 0.75),
            ],
            Calibration = new Calibration(0.123, []),
        };

        Assert.Equal(
            "    95 % bounds: acc1 20.0–60.5 %, mean_per_class_recall 10.0–100.0 %; groups together 75.0 %; calibration error 12.3 %; "
            + "most often confused: dog for cat 2×, dog for emu 1×",
            Results.Lines(result, Results.Pets)[1]);
    }

    [Fact]
    public void TheThreeWorstConfusionsAreEnough()
    {
        var outcome = Results.Outcome(
            "pets", ["a", "b", "c", "d", "e"], ("a", "b"), ("b", "c"), ("c", "d"), ("c", "d"), ("d", "e"), ("e", "e"));

        Assert.Equal("    most often confused: c for d 2×, a for b 1×, b for c 1×", Results.Lines(Results.ZeroShot(), outcome)[1]);
    }

    /// <summary>A class of which there is no picture has no recall.</summary>
    [Fact]
    public void ClassesAreToldTheWorstFirst()
    {
        Assert.Equal(
            [
                "      0.0 %  dog (3 images)  taken for cat 2×",
                "    100.0 %  cat (1 images)",
                "    100.0 %  emu (1 images)",
            ],
            EvaluationText.PerClass(Results.Pets, null));
    }

    [Fact]
    public void BesideThemStandsTheProbesRecall()
    {
        // A probe knows the labels in an order of its own, and gnus too.
        var probe = Results.Outcome("pets", ["emu", "dog", "cat"], ("dog", "dog"), ("dog", "cat"), ("emu", "emu"));

        Assert.Equal(
            [
                "      0.0 %  dog (3 images)  linear probe 50.0 %  taken for cat 2×",
                "    100.0 %  cat (1 images)",
                "    100.0 %  emu (1 images)  linear probe 100.0 %",
            ],
            EvaluationText.PerClass(Results.Pets, probe));
    }

    [Fact]
    public void SeveralModelsAreATable() => Assert.Equal(
        [
            "         pets acc1  pets lp_acc1 4-shot  cars acc1",
            "model         40.0                 50.0       12.3",
            "another       60.0",
        ],
        EvaluationText.Matrix(
        [
            Results.ZeroShot(0.4), Results.Probe(0.5) with { FewShot = 4 }, Results.ZeroShot(0.1234, "cars"),
            Results.ZeroShot(0.6, model: "another"),
        ]));
}
