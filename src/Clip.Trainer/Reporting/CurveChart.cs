using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Clip.Trainer.Reporting;

/// <summary>Curves over the steps of a run as an inline SVG.</summary>
internal static class CurveChart
{
    private const int Width = 560, Height = 280, MostPoints = 400;

    /// <summary>Draws one chart.</summary>
    /// <param name="id">Unique in the page: identifiers inside of the SVG begin with it.</param>
    /// <param name="title">Above the curves.</param>
    /// <param name="curves">Names, and (step, value) in order; longer ones are averaged to a few hundred points.</param>
    /// <param name="axis">What the horizontal axis has.</param>
    /// <param name="isLogarithmic">Whether that axis is logarithmic.</param>
    public static string Svg(
        string id,
        string title,
        IReadOnlyList<(string Name, IReadOnlyList<(long Step, double Value)> Points)> curves,
        string axis = "step",
        bool isLogarithmic = false)
    {
        var plot = new PlotModel { Title = title, TitleFontSize = 14, TitleFontWeight = FontWeights.Normal, DefaultFont = "sans-serif" };
        plot.Axes.Add(Axis(isLogarithmic ? new LogarithmicAxis() : new LinearAxis(), AxisPosition.Bottom, axis));
        plot.Axes.Add(Axis(new LinearAxis(), AxisPosition.Left, null));
        if (curves.Count > 1) plot.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside });
        foreach (var (name, points) in curves)
        {
            var line = new LineSeries
            {
                Title = name,
                MarkerType = points.Count < 40 ? MarkerType.Circle : MarkerType.None,
                MarkerSize = 2.5,
            };
            line.Points.AddRange(Averaged(points));
            plot.Series.Add(line);
        }

        var text = SvgExporter.ExportToString(plot, Width, Height, isDocument: false, new TextSizes());
        var svg = XDocument.Parse(text).Root!;
        MakeUnique(svg, id);
        return svg.ToString(SaveOptions.DisableFormatting);
    }

    private static Axis Axis(Axis axis, AxisPosition position, string? title)
    {
        (axis.Position, axis.Title, axis.MajorGridlineStyle, axis.MajorGridlineColor) =
            (position, title, LineStyle.Solid, OxyColors.WhiteSmoke);
        return axis;
    }

    private static IEnumerable<DataPoint> Averaged(IReadOnlyList<(long Step, double Value)> points)
    {
        var size = (points.Count + MostPoints - 1) / MostPoints;
        return size <= 1
            ? points.Select(p => new DataPoint(p.Step, p.Value))
            : points.Chunk(size).Select(chunk => new DataPoint(chunk[^1].Step, chunk.Average(p => p.Value)));
    }

    /// <summary>OxyPlot numbers clip paths from 1 in every picture, and in one page the first would clip them all.</summary>
    private static void MakeUnique(XElement svg, string id)
    {
        foreach (var attribute in svg.Descendants().Attributes())
        {
            if (attribute.Name == "id") attribute.Value = id + attribute.Value;
            if (attribute.Name == "clip-path") attribute.Value = attribute.Value.Replace("url(#", $"url(#{id}", StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Makes room for texts. OxyPlot's own measure takes a font's size for points, of which an inch has 72, where SVG draws pixels, 96 an
    /// inch: labels would be cut and lines of the legend would touch.
    /// </summary>
    private sealed class TextSizes() : PdfRenderContext(Width, Height, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            base.MeasureText(text, fontFamily, fontSize * 96 / 72, fontWeight);
    }
}
