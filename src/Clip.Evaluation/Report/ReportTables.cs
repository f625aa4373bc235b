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
            var rows = own.Select(r => new HtmlRow(HtmlPage.Encode(r.Model), metrics.Select(name => Cell(
                r.Metrics.FirstOrDefault(m => m.Name == name), own.Length > 1 && IsBest(name, r.Metrics, own.Select(o => o.Metrics))))));
            var published = data.Published.Where(p => p.Dataset == set.Key).GroupBy(p => (p.Name, p.Source)).Select(same => new HtmlRow(
                $"{HtmlPage.Encode(same.Key.Name)}<small>{HtmlPage.Encode(same.Key.Source)}</small>", metrics.Select(name =>
                    Cell(same.Where(p => p.Metric == name).Select(p => new ReportedMetric(name, p.Value)).FirstOrDefault(), false)),
                "published"));
            html.Append(CultureInfo.InvariantCulture, $"<h3>{HtmlPage.Encode(set.Key)}</h3>");
            html.Append(HtmlTable.Of($"Numbers of {set.Key}", ["model", .. metrics.Select(NameOf)], rows.Concat(published)));
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
