using Clip.Trainer.Experiments;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Tests.Experiments;

/// <summary>What the table and the page say of curves: which is compared with which, and by how much.</summary>
public sealed class EfficiencyReportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The slower objective first, in the paper's order, each beside the paper's ratio.</summary>
    [Fact]
    public void EachPairOfObjectivesIsComparedAsInThePaper()
    {
        EfficiencyCurve[] curves =
        [
            Curve(ObjectiveKind.Clip, (100, 0.5)), Curve(ObjectiveKind.Bow, (300, 0.5)), Curve(ObjectiveKind.VirTex, (1500, 0.5)),
        ];

        Assert.Equal(
            [
                "virtex needs 5.0 times as many images as bow to reach 50.0 % (the paper: 3 times)",
                "bow needs 3.0 times as many images as clip to reach 50.0 % (the paper: 4 times)",
                "virtex needs 15.0 times as many images as clip to reach 50.0 % (the paper: 12 times)",
            ],
            EfficiencyReport.Ratios(curves));
    }

    [Fact]
    public void WhereThereAreSeveralModelsTheirsAreNamed()
    {
        EfficiencyCurve[] curves =
        [
            Curve(ObjectiveKind.Clip, (100, 0.5)), Curve(ObjectiveKind.Bow, (300, 0.5)),
            Curve(ObjectiveKind.Bow, (100, 0)) with { Model = "ViT", Gflops = 0.16 },
        ];

        Assert.Equal(
            [
                "bow needs 3.0 times as many images as clip on RN to reach 50.0 % (the paper: 4 times)",
                "RN or ViT classified nothing right as bow, so there is no ratio",
            ],
            EfficiencyReport.Ratios(curves));
        Assert.Equal(
            ["virtex or bow classified nothing right, so there is no ratio"],
            EfficiencyReport.Ratios([Curve(ObjectiveKind.VirTex, (100, 0)), Curve(ObjectiveKind.Bow, (300, 0.5))]));
    }

    /// <summary>What is the same for all is not in a curve's name.</summary>
    [Theory]
    [InlineData("RN clip, RN bow", "clip, bow")]
    [InlineData("RN clip, ViT clip", "RN, ViT")]
    [InlineData("RN clip, ViT bow", "RN clip, ViT bow")]
    public void ACurveIsNamedByWhatTellsItFromTheOthers(string given, string names)
    {
        var curves = given.Split(", ").Select(words => words.Split(' ')).Select(words =>
            Curve(Enum.Parse<ObjectiveKind>(words[1], ignoreCase: true), (1234, 0.5)) with { Model = words[0] }).ToArray();

        var html = EfficiencyReport.Html(curves, []);

        Assert.All(
            names.Split(", "),
            name => Assert.Contains(
                $"<tr><td>{name}</td><td>1,234</td><td>99</td><td>50.0 %</td><td>75.0 %</td></tr>", html, StringComparison.Ordinal));
    }

    /// <summary>What images cost is what one costs times their number, and an accuracy is written to its last digit.</summary>
    [Fact]
    public void ATablesRowHasImagesTheirCostAndBothAccuracies()
    {
        var curve = Curve(ObjectiveKind.Bow, (250, 1 / 3.0));

        Assert.Equal(
            $"model,objective,images,gflops,top1,top5\nRN,bow,250,20,{1 / 3.0:R},{1.5 / 3:R}\n", EfficiencyReport.Csv([curve]));
    }

    [Fact]
    public void CurvesOfOneObjectiveAndOfAnotherModelStayApart()
    {
        EfficiencyCurve[] curves =
        [
            Curve(ObjectiveKind.Clip, (100, 0.25), (200, 0.5)), Curve(ObjectiveKind.Clip, (100, 0.25)) with { Model = "ViT", Gflops = 3 },
            Curve(ObjectiveKind.Bow, (100, 0.125)),
        ];
        var path = _folder.Write("efficiency.csv", EfficiencyReport.Csv(curves) + "\n");

        var read = EfficiencyReport.Read(path);

        Assert.Equal(
            curves.Select(c => (c.Model, c.Objective, c.Points.Count)), read.Select(c => (c.Model, c.Objective, c.Points.Count)));
        Assert.Equal(curves.SelectMany(c => c.Points), read.SelectMany(c => c.Points));
        Assert.Equal(3, read[1].Gflops, 1e-12);
        File.AppendAllText(path, "RN,clip,many,1,1,1\n");
        Refused.With("is no table of an efficiency experiment: ", () => EfficiencyReport.Read(path));
    }

    [Theory]
    [InlineData(1000, 1, new long[] { 1000 })]
    [InlineData(1000, 2, new long[] { 10, 1000 })]
    [InlineData(12, 2, new long[] { 1, 12 })]
    [InlineData(3, 5, new long[] { 1, 3 })]
    [InlineData(10_000, 5, new long[] { 100, 316, 1000, 3162, 10_000 })]
    public void MeasurementsBeginAtAHundredthOfTheRun(long total, int points, long[] steps) =>
        Assert.Equal(steps, EfficiencyExperiment.Steps(total, points).Order());

    [Fact]
    public void ACurveWithoutAPointIsBestAtNothing()
    {
        var none = Curve(ObjectiveKind.Clip);

        Assert.Equal(0, none.Best);
        Assert.Null(none.ImagesTo(0.1));
        Assert.Null(none.SlowerThan(Curve(ObjectiveKind.Bow, (1, 1))));
    }

    private static EfficiencyCurve Curve(ObjectiveKind kind, params (long Images, double Top1)[] points) =>
        new("RN", 0.08, kind, [.. points.Select(p => new EfficiencyPoint(p.Images, p.Top1, 1.5 * p.Top1))]);
}
