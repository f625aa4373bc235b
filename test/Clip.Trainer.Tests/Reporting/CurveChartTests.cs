using System.Globalization;
using System.Xml.Linq;
using Clip.Trainer.Reporting;

namespace Clip.Trainer.Tests.Reporting;

/// <summary>What a chart shows of its curves.</summary>
public sealed class CurveChartTests
{
    /// <summary>Of more than 400 points neighbors become one, their mean, where the last of them is.</summary>
    [Theory]
    [InlineData(401, 2)]
    [InlineData(1602, 5)] // and two are left
    public void ALongCurveIsDrawnByItsMeans(int count, int size)
    {
        var points = Waves(count);

        Assert.Equal(Drawn(Means(points, size)), Drawn(points));
    }

    [Fact]
    public void AShortOneIsDrawnAsItIs()
    {
        var points = Waves(400);

        Assert.NotEqual(Drawn(Means(points, 2)), Drawn(points));
    }

    /// <summary>A few points would be nothing but corners without their dots.</summary>
    [Theory]
    [InlineData(39, 39)]
    [InlineData(40, 0)]
    public void FewPointsHaveDots(int count, int dots) => Assert.Equal(
        dots, Svg([("loss", [.. Enumerable.Range(1, count).Select(i => ((long)i, (double)i))])]).Descendants()
            .Count(element => element.Name.LocalName is "circle" or "ellipse"));

    [Fact]
    public void SeveralCurvesHaveTheirNamesAndOneHasTheTitle()
    {
        (long, double)[] points = [(1, 1), (2, 2)];

        Assert.Equal(["training", "validation"], Words(Svg([("training", points), ("validation", points)]), "training", "validation"));
        Assert.Empty(Words(Svg([("training", points)]), "training"));
        Assert.Equal(["how it went", "step"], Words(Svg([("training", points)]), "how it went", "step"));
        Assert.Equal(["images"], Words(XDocument.Parse(CurveChart.Svg("x", "", [("a", points)], "images", isLogarithmic: true)), "images"));
    }

    /// <summary>From 1 to 10 is as far as from 10 to 100.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 10)]
    public void AnAxisIsLogarithmicWhereThatIsAskedFor(bool isLogarithmic, double ratio)
    {
        var line = Svg([("loss", [(1, 1), (10, 2), (100, 3)])], isLogarithmic).Descendants().Single(
            element => element.Attribute("style")?.Value.Contains("stroke-width:2", StringComparison.Ordinal) is true);
        double[] x =
        [
            .. line.Attribute("points")!.Value.Split(' ').Select(point => double.Parse(point.Split(',')[0], CultureInfo.InvariantCulture)),
        ];

        Assert.Equal(ratio, (x[2] - x[1]) / (x[1] - x[0]), 0.1);
    }

    private static XDocument Svg(
        IReadOnlyList<(string, IReadOnlyList<(long, double)>)> curves, bool isLogarithmic = false) =>
        XDocument.Parse(CurveChart.Svg("x", "how it went", curves, isLogarithmic: isLogarithmic));

    private static string Drawn((long, double)[] points) => Svg([("loss", points)]).ToString();

    private static (long Step, double Value)[] Waves(int count) =>
        [.. Enumerable.Range(1, count).Select(i => ((long)i, i == count ? 9 : Math.Sin(i / 3.0)))];

    private static (long Step, double Value)[] Means((long Step, double Value)[] points, int size) =>
        [.. points.Chunk(size).Select(chunk => (chunk[^1].Step, chunk.Average(point => point.Value)))];

    private static IEnumerable<string> Words(XDocument svg, params string[] sought) =>
        sought.Intersect(svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim()));
}
