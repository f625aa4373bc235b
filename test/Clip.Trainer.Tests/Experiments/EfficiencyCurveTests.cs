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
        Assert.Equal("RN-small-96", read[0].Model);
        Assert.Equal(0.08, read[0].Gflops, 1e-12);
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
    public void TowersAreComparedByComputationBesideImages()
    {
        var (transformer, resNet) = (Fast with { Model = "ViT", Gflops = 0.3 }, Fast with { Model = "ResNet", Gflops = 0.1 });
        resNet = resNet with { Points = [.. resNet.Points.Select(p => p with { Images = 6 * p.Images })] };

        var ratio = Assert.Single(EfficiencyReport.Ratios([resNet, transformer]));
        var html = EfficiencyReport.Html([resNet, transformer], []);

        Assert.StartsWith("ResNet needs 2.00 times the computation of ViT, and 6.00 times the images, to reach 50.0 % as bow", ratio);
        Assert.Contains("GFLOPs of the image tower × images", html, StringComparison.Ordinal);
        Assert.Contains("<td>ViT</td><td>10,000</td><td>3,000</td>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void ATableOfAnotherKindIsRefused()
    {
        var path = _folder.Write("efficiency.csv", "objective,images,top1,top5\nclip,100,0.5,0.6\n");

        var error = Assert.Throws<ClipException>(() => EfficiencyReport.Read(path));

        Assert.Contains("its header is not model,objective,images,gflops,top1,top5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MeasurementsAreEvenOnTheLogarithmicAxisAndEndWithTheRun()
    {
        var steps = EfficiencyExperiment.Steps(total: 1000, points: 3).Order();

        Assert.Equal([10L, 100, 1000], steps);
    }

    private static EfficiencyCurve Curve(ObjectiveKind kind, params (long Images, double Top1)[] points) =>
        new("RN-small-96", 0.08, kind, [.. points.Select(p => new EfficiencyPoint(p.Images, p.Top1, p.Top1))]);
}
