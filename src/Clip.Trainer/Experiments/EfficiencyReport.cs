using System.Globalization;
using System.Net;
using System.Text;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;

namespace Clip.Trainer.Experiments;

/// <summary>The curves as a table for programs and as a page for people.</summary>
internal static class EfficiencyReport
{
    private const string Header = "model,objective,images,gflops,top1,top5";

    /// <summary>Ratios of CLIP's figure 2, slower objective first.</summary>
    private static readonly (ObjectiveKind Slower, ObjectiveKind Faster, double Paper)[] Published =
    [
        (ObjectiveKind.VirTex, ObjectiveKind.Bow, 3),
        (ObjectiveKind.Bow, ObjectiveKind.Clip, 4),
        (ObjectiveKind.VirTex, ObjectiveKind.Clip, 12),
    ];

    /// <summary>
    /// A row for each measurement; <c>gflops</c> is what the images up to there cost the image tower, forward, in billions.
    /// </summary>
    public static string Csv(IEnumerable<EfficiencyCurve> curves) => Header + "\n" + string.Concat(curves.SelectMany(
        curve => curve.Points.Select(p => Invariant(
            $"{curve.Model},{curve.Objective.Name()},{p.Images},{p.Images * curve.Gflops:R},{p.Top1:R},{p.Top5:R}\n"))));

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
                    .GroupBy(cells => (Model: cells[0], Objective: Enum.Parse<ObjectiveKind>(cells[1], ignoreCase: true)))
                    .Select(group => new EfficiencyCurve(
                        group.Key.Model, Number(group.First()[3]) / Number(group.First()[2]), group.Key.Objective,
                        [
                            .. group.Select(cells => new EfficiencyPoint(
                                long.Parse(cells[2], CultureInfo.InvariantCulture), Number(cells[4]), Number(cells[5]))),
                        ])),
            ];
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IndexOutOfRangeException)
        {
            throw new ClipException(
                $"{path} is no table of an efficiency experiment: {e.Message}; remove it or choose another folder.", e);
        }

        static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
    }

    /// <summary>How much more the slower ones need, beside the paper's numbers, a line each: objectives of a model, then models.</summary>
    public static IEnumerable<string> Ratios(IReadOnlyList<EfficiencyCurve> curves)
    {
        foreach (var own in curves.GroupBy(curve => curve.Model))
        {
            foreach (var (slower, faster, paper) in Published)
            {
                if (own.FirstOrDefault(c => c.Objective == slower) is not { } slow
                    || own.FirstOrDefault(c => c.Objective == faster) is not { } fast)
                    continue;
                var on = curves.Any(c => c.Model != own.Key) ? $" on {own.Key}" : "";
                yield return slow.SlowerThan(fast) is var (times, accuracy)
                    ? Invariant($"{slower.Name()} needs {times:F1} times as many images as {faster.Name()}{on} ")
                        + Invariant($"to reach {accuracy:P1} (the paper: {paper:F0} times)")
                    : $"{slower.Name()} or {faster.Name()}{on} classified nothing right, so there is no ratio";
            }
        }

        foreach (var own in curves.GroupBy(curve => curve.Objective))
        {
            var models = own.ToArray();
            for (var i = 0; i < models.Length; i++)
            {
                for (var j = i + 1; j < models.Length; j++) yield return Towers(models[i], models[j]);
            }
        }
    }

    public static string Html(IReadOnlyList<EfficiencyCurve> curves, IEnumerable<(string Name, string Value)> facts)
    {
        var html = new StringBuilder(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Efficiency of training</title>");
        html.Append(
            "<style>body { font-family: sans-serif; max-width: 900px; margin: 2em auto; color: #222; } "
            + "td, th { padding: 2px 12px 2px 0; text-align: left; }</style></head>\n");
        html.Append("<body><h1>Zero-shot accuracy against images and computation</h1>\n");
        var names = Names(curves);
        html.Append(Chart("images-", "images processed", c => p => p.Images)).Append('\n');
        html.Append(Chart("gflops-", "GFLOPs of the image tower × images", c => p => (long)Math.Round(p.Images * c.Gflops)));
        html.Append("\n<ul>");
        foreach (var ratio in Ratios(curves)) html.Append("<li>").Append(Text(ratio)).Append("</li>");
        html.Append("</ul>\n<table>");
        foreach (var (name, value) in facts)
            html.Append("<tr><td>").Append(Text(name)).Append("</td><td>").Append(Text(value)).Append("</td></tr>");
        html.Append("</table>\n<table><tr><th>curve</th><th>images</th><th>GFLOPs × images</th><th>top-1</th><th>top-5</th></tr>");
        foreach (var (curve, name) in curves.Zip(names))
        {
            foreach (var p in curve.Points)
                html.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><td>{Text(name)}</td><td>{p.Images:N0}</td><td>{p.Images * curve.Gflops:N0}</td>").Append(
                    CultureInfo.InvariantCulture, $"<td>{p.Top1:P1}</td><td>{p.Top5:P1}</td></tr>");
        }

        return html.Append("</table></body></html>\n").ToString();

        string Chart(string id, string axis, Func<EfficiencyCurve, Func<EfficiencyPoint, long>> x) => CurveChart.Svg(
            id, "", [.. curves.Zip(names, (curve, name) => (name, Line(curve, x(curve))))], axis, isLogarithmic: true);
    }

    /// <summary>What tells the curves apart: objectives, models, or both.</summary>
    private static IEnumerable<string> Names(IReadOnlyList<EfficiencyCurve> curves)
    {
        var (models, objectives) = (curves.Select(c => c.Model).Distinct().Count(), curves.Select(c => c.Objective).Distinct().Count());
        return curves.Select(c => models == 1 ? c.Objective.Name() : objectives == 1 ? c.Model : $"{c.Model} {c.Objective.Name()}");
    }

    private static string Towers(EfficiencyCurve one, EfficiencyCurve other) => one.SlowerThan(other) is var (times, accuracy)
        ? Invariant($"{one.Model} needs {times * one.Gflops / other.Gflops:F2} times the computation of {other.Model}, ")
            + Invariant($"and {times:F2} times the images, to reach {accuracy:P1} as {one.Objective.Name()} ")
            + "(the paper: vision transformers are about 3 times as efficient in computation as ResNets)"
        : $"{one.Model} or {other.Model} classified nothing right as {one.Objective.Name()}, so there is no ratio";

    private static IReadOnlyList<(long Step, double Value)> Line(EfficiencyCurve curve, Func<EfficiencyPoint, long> x) =>
        [.. curve.Points.Select(p => (Math.Max(1, x(p)), 100 * p.Top1))];

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
