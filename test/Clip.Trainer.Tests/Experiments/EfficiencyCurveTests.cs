using Clip.Trainer.Experiments;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Tests.Experiments;

public sealed class EfficiencyCurveTests : IDisposable
{
    private static readonly EfficiencyCurve Fast = Curve(ObjectiveKind.Bow, (100, 0.1), (1_000, 0.3), (10_000, 0.5));
    private static readonly EfficiencyCurve Slow = Curve(ObjectiveKind.VirTex, (100, 0), (1_000, 0.1), (10_000, 0.05), (100_000, 0.3));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.05, 100)]
    [InlineData(0.1, 100)]
    [InlineData(0.2, 316.23)] // half way on the logarithmic axis
    [InlineData(0.5, 10_000)]
    public void ImagesAreReadOffTheCurve(double accuracy, double images) => Assert.Equal(images, Fast.ImagesTo(accuracy)!.Value, 0.01);

    [Fact]
    public void WhatIsLostAgainIsNotReachedTwice() => Assert.Equal(10_000, Slow.ImagesTo(0.2)!.Value, 1e-6);

    [Fact]
    public void AnAccuracyNeverReachedHasNoImages() => Assert.Null(Fast.ImagesTo(0.51));

    [Fact]
    public void ObjectivesAreComparedWhereBothGot()
    {
        var (times, accuracy) = Slow.SlowerThan(Fast)!.Value;

        Assert.Equal(0.3, accuracy);
        Assert.Equal(100, times, 1e-9);
        Assert.Null(Curve(ObjectiveKind.VirTex, (100, 0)).SlowerThan(Fast));
    }

    [Fact]
    public void TheTableIsReadAsItWasWritten()
    {
        var path = _folder.Write("efficiency.csv", EfficiencyReport.Csv([Slow, Fast]));

        var read = EfficiencyReport.Read(path);

        Assert.Equal([ObjectiveKind.VirTex, ObjectiveKind.Bow], read.Select(c => c.Objective));
        Assert.Equal(Slow.Points, read[0].Points);
        Assert.Equal(Fast.Points, read[1].Points);
    }

    [Fact]
    public void ThePageHasTheFigureAndTheRatiosBesideThePapers()
    {
        var html = EfficiencyReport.Html([Slow, Fast], [("data", "<pictures>")]);

        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains(
            "virtex needs 100.0 times as many images as bow to reach 30.0 % (the paper: 3 times)",
            html,
            StringComparison.Ordinal);
        Assert.Contains("&lt;pictures&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void MeasurementsAreEvenOnTheLogarithmicAxisAndEndWithTheRun()
    {
        var steps = EfficiencyExperiment.Steps(total: 1000, points: 3).Order();

        Assert.Equal([10L, 100, 1000], steps);
    }

    private static EfficiencyCurve Curve(ObjectiveKind kind, params (long Images, double Top1)[] points) =>
        new(kind, [.. points.Select(p => new EfficiencyPoint(p.Images, p.Top1, p.Top1))]);
}
