using System.Globalization;
using System.Text;

namespace Clip.Evaluation.Report;

/// <summary>The parts of a report that need no script: what was measured and what was run, as tables.</summary>
internal static class ReportTables
{
    /// <summary>CLIP_benchmark's names for people.</summary>
    private static readonly Dictionary<string, string> Names = new()
    {
        ["acc1"] = "top-1",
        ["acc5"] = "top-5",
        ["mean_per_class_recall"] = "mean per-class recall",
        ["mean_average_precision"] = "mean average precision",
        ["ece"] = "calibration error",
        ["lp_acc1"] = "linear probe top-1",
        ["lp_acc5"] = "linear probe top-5",
        ["lp_mean_per_class_recall"] = "linear probe mean per-class recall",
    };

    /// <summary>A metric's name for people.</summary>
    public static string NameOf(string metric) => Names.GetValueOrDefault(metric) ?? metric
        .Replace("text_retrieval_recall@", "picture → text R@", StringComparison.Ordinal)
        .Replace("image_retrieval_recall@", "text → picture R@", StringComparison.Ordinal).Replace('_', ' ');

    /// <summary>For each data set a row for each model, and below them what others have published.</summary>
    public static string Numbers(ReportData data)
    {
        var results = data.Sets.SelectMany(set => set.Runs.Select(run => (set.Name, run.Model, run.Metrics)))
            .Concat(data.Retrievals.Select(retrieval => (retrieval.Name, retrieval.Model, retrieval.Metrics)));
        var html = new StringBuilder();
        foreach (var set in results.Where(result => result.Metrics.Count > 0).GroupBy(result => result.Name))
        {
            var own = set.Select(r => (Model: data.Models[r.Model], r.Metrics)).ToArray();
            string[] metrics = [.. own.SelectMany(r => r.Metrics).Select(m => m.Name).Distinct()];
            Head(html, set.Key, metrics);
            foreach (var (model, values) in own)
            {
                Row(html, model, null, metrics.Select(name => Cell(
                    values.FirstOrDefault(m => m.Name == name), own.Length > 1 && IsBest(name, values, own.Select(r => r.Metrics)))));
            }

            foreach (var published in data.Published.Where(p => p.Dataset == set.Key).GroupBy(p => (p.Name, p.Source)))
            {
                Row(html, published.Key.Name, published.Key.Source, metrics.Select(name =>
                    Cell(published.Where(p => p.Metric == name).Select(p => new ReportedMetric(name, p.Value)).FirstOrDefault(), false)));
            }

            html.Append("</tbody></table></div>\n");
        }

        return html.ToString();
    }

    /// <summary>What was run.</summary>
    public static string Facts(IEnumerable<ReportedFacts> groups)
    {
        var html = new StringBuilder();
        foreach (var group in groups)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h3>{HtmlPage.Encode(group.Title)}</h3><dl class=\"facts\">");
            foreach (var (name, value) in group.Entries)
            {
                html.Append(
                    CultureInfo.InvariantCulture, $"<div><dt>{HtmlPage.Encode(name)}</dt><dd>{HtmlPage.Encode(value)}</dd></div>");
            }

            html.Append("</dl>\n");
        }

        return html.ToString();
    }

    private static void Head(StringBuilder html, string set, string[] metrics)
    {
        var name = HtmlPage.Encode(set);
        html.Append(
            CultureInfo.InvariantCulture,
            $"<h3>{name}</h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers of {name}\">");
        html.Append("<table class=\"numbers\"><thead><tr><th scope=\"col\">model</th>");
        foreach (var metric in metrics)
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{HtmlPage.Encode(NameOf(metric))}</th>");
        html.Append("</tr></thead><tbody>");
    }

    private static void Row(StringBuilder html, string model, string? source, IEnumerable<string> cells)
    {
        html.Append(
            CultureInfo.InvariantCulture,
            $"<tr{(source is null ? "" : " class=\"published\"")}><th scope=\"row\">{HtmlPage.Encode(model)}");
        if (source is not null) html.Append(CultureInfo.InvariantCulture, $"<small>{HtmlPage.Encode(source)}</small>");
        html.Append("</th>");
        foreach (var cell in cells) html.Append(CultureInfo.InvariantCulture, $"<td>{cell}</td>");
        html.Append("</tr>");
    }

    private static string Cell(ReportedMetric? metric, bool isBest)
    {
        if (metric is null) return "<span class=\"muted\">–</span>";
        var value = string.Create(CultureInfo.InvariantCulture, $"{100 * metric.Value:F1} %");
        var range = metric is { Low: { } low, High: { } high }
            ? string.Create(CultureInfo.InvariantCulture, $"<small>{100 * low:F1} to {100 * high:F1}</small>")
            : "";
        return (isBest ? $"<strong>{value}</strong>" : value) + range;
    }

    private static bool IsBest(string name, IEnumerable<ReportedMetric> own, IEnumerable<IReadOnlyList<ReportedMetric>> all)
    {
        var values = all.SelectMany(metrics => metrics).Where(m => m.Name == name).Select(m => m.Value).ToArray();
        var best = name.EndsWith("ece", StringComparison.Ordinal) ? values.Min() : values.Max();
        return own.FirstOrDefault(m => m.Name == name)?.Value == best;
    }
}
