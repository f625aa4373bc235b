using System.Text;
using Clip.Evaluation.Report;
using Microsoft.ML.Clip.Experiments.Suggestion;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>How accuracy grows with the pictures of a class, and what more of them would bring.</summary>
internal static class CurveSection
{
    private const double Left = 58, Top = 34, Wide = 520, High = 300;

    /// <summary>The section; of one point or none there is no curve.</summary>
    public static HtmlSection Of(IReadOnlyList<ClipLearningCurvePoint> points)
    {
        var measured = points.OrderBy(point => point.PicturesPerClass).ToArray();
        if (measured.Length < 2)
        {
            return new HtmlSection(
                "curve", "Learning curve",
                "<p class=\"empty\">There are too few pictures of a class for a curve; with twice as many there is one.</p>");
        }

        var fit = LearningCurveFit.Of([.. measured.Select(p => (p.PicturesPerClass, p.Accuracy, p.StandardError))]);
        var last = measured[^1];
        // What is said of four times as many pictures is a guess; beyond that it would be a fairy tale.
        int[] more = fit is null ? [] : [2 * last.PicturesPerClass, 4 * last.PicturesPerClass];
        var expected = more.Select(pictures => (Pictures: pictures, Accuracy: fit!.AccuracyAt(pictures))).ToArray();
        var rows = measured.Select(p => new HtmlRow(
                $"{p.PicturesPerClass}", [$"{Words.Percent(p.Accuracy)}<small>± {Words.Line($"{100 * p.StandardError:F1}")}</small>"]))
            .Concat(expected.Select(e => new HtmlRow($"{e.Pictures} <small>expected</small>", [$"about {Words.Percent(e.Accuracy)}"])));
        return new HtmlSection(
            "curve", "Learning curve",
            $"<p class=\"note\">{Advice(last, expected)}</p><div class=\"beside\">{Chart(measured, expected)}"
            + HtmlTable.Of("Learning curve", ["pictures a class", "accuracy"], rows) + "</div>");
    }

    private static string Advice(ClipLearningCurvePoint last, (int Pictures, double Accuracy)[] expected)
    {
        if (expected.Length == 0) return "There were hardly any errors left to count: nothing more can be measured.";
        var gain = expected[0].Accuracy - last.Accuracy;
        var (twice, four) = (Words.Percent(expected[0].Accuracy), Words.Percent(expected[1].Accuracy));
        return gain < Math.Max(0.005, last.StandardError)
            ? $"Twice the pictures would bring little (about {twice} rather than {Words.Percent(last.Accuracy)}): better labels, or "
                + "another model, may bring more."
            : $"With {expected[0].Pictures} pictures a class expect about {twice}, and with {expected[1].Pictures} about {four}, where "
                + $"{last.PicturesPerClass} give {Words.Percent(last.Accuracy)}: errors fall as a power of the pictures, and the dashed "
                + "line goes on from those that were counted.";
    }

    private static string Chart(ClipLearningCurvePoint[] points, (int Pictures, double Accuracy)[] expected)
    {
        var most = Math.Log2(expected.Length > 0 ? expected[^1].Pictures : points[^1].PicturesPerClass);
        var first = Math.Log2(points[0].PicturesPerClass);
        var lowest = Math.Floor(10 * Math.Max(0, points.Min(p => p.Accuracy - p.StandardError))) / 10;
        if (lowest > 0.9) lowest = 0.9;
        double X(double pictures) => Left + Wide * (Math.Log2(pictures) - first) / (most - first);
        double Y(double accuracy) => Top + High * (1 - (Math.Clamp(accuracy, lowest, 1) - lowest) / (1 - lowest));
        var svg = new StringBuilder(Words.Line(
            $"<svg class=\"chart wide\" viewBox=\"0 0 {Left + Wide + 36} {Top + High + 60}\" role=\"img\" ")
            + "aria-label=\"Learning curve; the table beside it has the numbers.\">");
        for (var tick = 0; tick <= 4; tick++)
        {
            var value = lowest + (1 - lowest) * tick / 4;
            Rule(Left, Y(value), Left + Wide, Y(value), "rule");
            Text(Left - 8, Y(value) + 4, Words.Line($"{100 * value:0.#} %"), "end");
        }

        foreach (var pictures in points.Select(p => p.PicturesPerClass).Concat(expected.Select(e => e.Pictures)))
            Text(X(pictures), Top + High + 22, $"{pictures}", "middle");
        Text(Left + Wide / 2, Top + High + 46, "pictures a class", "middle");
        Text(Left, Top - 14, "accuracy on pictures not learned from", "start");
        if (expected.Length > 0)
        {
            Line("ideal", [(points[^1].PicturesPerClass, points[^1].Accuracy), .. expected.Select(e => (e.Pictures, e.Accuracy))]);
            foreach (var (pictures, accuracy) in expected)
                svg.Append(Words.Line($"<circle class=\"guess\" cx=\"{X(pictures):F1}\" cy=\"{Y(accuracy):F1}\" r=\"4.5\"/>"));
        }

        foreach (var p in points)
        {
            var x = X(p.PicturesPerClass);
            Rule(x, Y(p.Accuracy - p.StandardError), x, Y(p.Accuracy + p.StandardError), "whisker");
        }

        Line("line", [.. points.Select(p => (p.PicturesPerClass, p.Accuracy))]);
        foreach (var p in points)
            svg.Append(Words.Line($"<circle class=\"dot\" cx=\"{X(p.PicturesPerClass):F1}\" cy=\"{Y(p.Accuracy):F1}\" r=\"4.5\"/>"));
        return svg.Append("</svg>").ToString();

        void Rule(double x1, double y1, double x2, double y2, string name) =>
            svg.Append(Words.Line($"<line class=\"{name}\" x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\"/>"));

        void Text(double x, double y, string text, string anchor) =>
            svg.Append(Words.Line($"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\">{text}</text>"));

        void Line(string name, (int Pictures, double Accuracy)[] through)
        {
            var points = string.Join(' ', through.Select(p => Words.Line($"{X(p.Pictures):F1},{Y(p.Accuracy):F1}")));
            svg.Append($"<polyline class=\"{name}\" points=\"{points}\"/>");
        }
    }
}
