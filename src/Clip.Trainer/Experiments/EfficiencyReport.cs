using System.Globalization;
using System.Net;
using System.Text;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;

namespace Clip.Trainer.Experiments;

/// <summary>The curves as a table for programs and as a page for people.</summary>
internal static class EfficiencyReport
{
    private const string Header = "objective,images,top1,top5";

    /// <summary>Ratios of CLIP's figure 2, slower objective first.</summary>
    private static readonly (ObjectiveKind Slower, ObjectiveKind Faster, double Paper)[] Published =
    [
        (ObjectiveKind.VirTex, ObjectiveKind.Bow, 3),
        (ObjectiveKind.Bow, ObjectiveKind.Clip, 4),
        (ObjectiveKind.VirTex, ObjectiveKind.Clip, 12),
    ];

    public static string Csv(IEnumerable<EfficiencyCurve> curves) => Header + "\n" + string.Concat(curves.SelectMany(
        curve => curve.Points.Select(p => Invariant($"{curve.Objective.Name()},{p.Images},{p.Top1:R},{p.Top5:R}\n"))));

    /// <summary>Reads what <see cref="Csv"/> wrote.</summary>
    /// <exception cref="ClipException">The file is another one.</exception>
    public static IReadOnlyList<EfficiencyCurve> Read(string path)
    {
        var lines = File.ReadAllLines(path);
        try
        {
            if (lines.FirstOrDefault() != Header) throw new FormatException($"its header is not {Header}");
            return
            [
                .. lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(','))
                    .GroupBy(cells => Enum.Parse<ObjectiveKind>(cells[0], ignoreCase: true))
                    .Select(group => new EfficiencyCurve(group.Key, [.. group.Select(cells => new EfficiencyPoint(
                        long.Parse(cells[1], CultureInfo.InvariantCulture), Number(cells[2]), Number(cells[3])))])),
            ];
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IndexOutOfRangeException)
        {
            throw new ClipException(
                $"{path} is no table of an efficiency experiment: {e.Message}; remove it or choose another folder.", e);
        }

        static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
    }

    /// <summary>How many times as many images the slower objectives need, beside the paper's numbers, a line each.</summary>
    public static IEnumerable<string> Ratios(IReadOnlyList<EfficiencyCurve> curves)
    {
        foreach (var (slower, faster, paper) in Published)
        {
            if (curves.FirstOrDefault(c => c.Objective == slower) is not { } slow
                || curves.FirstOrDefault(c => c.Objective == faster) is not { } fast)
                continue;
            yield return slow.SlowerThan(fast) is var (times, accuracy)
                ? Invariant($"{slower.Name()} needs {times:F1} times as many images as {faster.Name()} ")
                    + Invariant($"to reach {accuracy:P1} (the paper: {paper:F0} times)")
                : $"{slower.Name()} or {faster.Name()} classified nothing right, so there is no ratio";
        }
    }

    public static string Html(IReadOnlyList<EfficiencyCurve> curves, IEnumerable<(string Name, string Value)> facts)
    {
        var html = new StringBuilder(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Efficiency of objectives</title>");
        html.Append(
            "<style>body { font-family: sans-serif; max-width: 900px; margin: 2em auto; color: #222; } "
            + "td, th { padding: 2px 12px 2px 0; text-align: left; }</style></head>\n");
        html.Append("<body><h1>Zero-shot accuracy against images processed</h1>\n");
        html.Append(CurveChart.Svg("efficiency-", "", [.. curves.Select(Line)], "images processed", isLogarithmic: true)).Append("\n<ul>");
        foreach (var ratio in Ratios(curves)) html.Append("<li>").Append(Text(ratio)).Append("</li>");
        html.Append("</ul>\n<table>");
        foreach (var (name, value) in facts)
            html.Append("<tr><td>").Append(Text(name)).Append("</td><td>").Append(Text(value)).Append("</td></tr>");
        html.Append("</table>\n<table><tr><th>objective</th><th>images</th><th>top-1</th><th>top-5</th></tr>");
        foreach (var curve in curves)
        {
            foreach (var p in curve.Points)
                html.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><td>{curve.Objective.Name()}</td><td>{p.Images:N0}</td><td>{p.Top1:P1}</td><td>{p.Top5:P1}</td></tr>");
        }

        return html.Append("</table></body></html>\n").ToString();
    }

    private static (string Name, IReadOnlyList<(long Step, double Value)> Points) Line(EfficiencyCurve curve) =>
        (curve.Objective.Name(), [.. curve.Points.Select(p => (p.Images, 100 * p.Top1))]);

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
