using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>How each class fared, where there are no pictures for the page's own tabs.</summary>
internal static class ClassSection
{
    public static HtmlSection Of(ClassificationOutcome outcome)
    {
        var labels = outcome.Set.Labels;
        var taken = ConfusionPair.Of(outcome).GroupBy(pair => pair.Right).ToDictionary(pairs => pairs.Key, pairs => pairs.First());
        return new HtmlSection("fared", "Classes", HtmlTable.Of(
            "Classes", ["class", "recognized", "rows", "right when chosen", "most often taken for"],
            ClassResult.Of(outcome).Where(c => c.Pictures > 0).OrderBy(c => c.Recall).Select(c => new HtmlRow(
                HtmlPage.Encode(labels[c.Class]),
                [
                    Words.Percent(c.Recall), Words.Line($"{c.Pictures:N0}"), c.Chosen > 0 ? Words.Percent(c.Recalled / c.Chosen) : "–",
                    taken.TryGetValue(c.Class, out var pair) ? HtmlPage.Encode(labels[pair.Taken]) : "–",
                ]))));
    }
}
