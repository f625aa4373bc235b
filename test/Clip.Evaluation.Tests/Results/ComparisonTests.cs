using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Results;

/// <summary>Two files are compared by what both tell of the same subject, picture by picture.</summary>
public sealed class ComparisonTests
{
    [Fact]
    public void WhatBothHaveMeasuredIsCompared()
    {
        var shots = Result("pets", Mean("lp_acc1", 1, 0)) with { Task = EvaluationResult.ProbeTask, FewShot = 4 };

        var compared = Comparison.Of(
            [Result("pets", Mean("acc1", 0, 1)), Result("food", Mean("acc1", 0, 0)), shots],
            [Result("food", Mean("acc1", 1, 0)), shots with { FewShot = 8 }, shots], Measured.Draws);

        Assert.Equal(
            [("food", "acc1", 0.5), ("pets", "lp_acc1", 0)],
            compared.Select(c => (c.First.Dataset, c.Metric, c.Difference.Difference)));
        Assert.All(compared, c => Assert.Equal(c.First.Subject, c.Second.Subject));
    }

    [Fact]
    public void AMetricIsComparedWhereBothTellWhatItIsMadeOf()
    {
        var first = Result("pets", Mean("acc5", 1, 1), Mean("acc1", 0, 1), new("ece", 0.1), Mean("recall", 1, 0));
        var second = Result("pets", Mean("acc1", 1, 1), new("ece", 0.2), new("recall", 0.5));

        var compared = Assert.Single(Comparison.Of([first], [second], Measured.Draws));

        Assert.Equal(("acc1", 0.5, 1), (compared.Metric, compared.FirstValue, compared.SecondValue));
    }

    [Fact]
    public void ResultsOfSeveralModelsInAFileAreNotCompared()
    {
        var one = Result("pets", Mean("acc1", 0, 1));

        var error = Assert.Throws<ClipException>(() => Comparison.Of([one], [one, one with { Model = "b" }], Measured.Draws));

        Assert.Contains("several results of pets, zeroshot_classification", error.Message, StringComparison.Ordinal);
    }

    /// <summary>As in CLIP_benchmark's own files.</summary>
    [Fact]
    public void ResultsThatTellNoPicturesAreNotCompared()
    {
        var one = Result("pets", new Metric("acc1", 0.5));

        var error = Assert.Throws<ClipException>(() => Comparison.Of([one], [one with { Data = "d2" }], Measured.Draws));

        Assert.Contains("do not tell picture by picture", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesOfOtherSubjectsAreNamedWithThem()
    {
        var error = Assert.Throws<ClipException>(() => Comparison.Of(
            [Result("pets", Mean("acc1", 1)), Result("food", Mean("acc1", 1))], [Result("cars", Mean("acc1", 1))], Measured.Draws));

        Assert.Contains(
            "pets zeroshot_classification, food zeroshot_classification in one, cars zeroshot_classification in the other",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfOtherPicturesItIsToldHowManyThereAre()
    {
        var (first, second) = (Result("pets", Mean("acc1", 0, 1, 1), new("ece", 0.1)), Result("pets", Mean("acc1", 1, 1), new("ece", 0.1)));

        var error = Assert.Throws<ClipException>(() => Comparison.Of([first], [second with { Data = "d2" }], Measured.Draws));

        Assert.Contains("(3 pictures and 2, fingerprints d1 and d2)", error.Message, StringComparison.Ordinal);
    }

    private static Metric Mean(string name, params double[] hits) => Measured.Mean(name, hits);

    private static EvaluationResult Result(string dataset, params Metric[] metrics) => Measured.Result(dataset, "a", metrics);
}
