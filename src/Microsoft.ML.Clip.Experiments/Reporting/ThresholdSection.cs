using Clip.Evaluation.Report;
using Microsoft.ML.Clip.Experiments.Refusal;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>At which score to refuse an answer.</summary>
internal static class ThresholdSection
{
    public static HtmlSection Of(IReadOnlyList<float> confidences, IReadOnlyList<bool> hits, IReadOnlyList<float>? unlabeled)
    {
        var all = ThresholdAdvice.At(0, confidences, hits, unlabeled);
        var advice = ThresholdAdvice.Targets
            .Select(target => (Target: target, Advice: ThresholdAdvice.For(target, confidences, hits, unlabeled))).ToArray();
        string[] columns = ["right answers wanted", "least score", "answered", "of these right", "at least"];
        if (all.UnlabeledRefused is not null) columns = [.. columns, "unlabeled refused"];
        var rows = advice.Select(a => (Wanted: Words.Line($"{100 * a.Target:0.#} %"), a.Advice)).Select(a => a.Advice is { } found
            ? Row(a.Wanted, found)
            : new HtmlRow(a.Wanted, Enumerable.Repeat("<span class=\"muted\">–</span>", columns.Length - 1)));
        return new HtmlSection(
            "thresholds", "Thresholds",
            "<p class=\"note\">Where the score of the best label is below the threshold, answer \"I do not know\". Scores are those of "
            + $"models that had not seen the pictures; if nothing is refused, {Words.Percent(all.Accuracy)} are right. Behind \"at least\" "
            + "is the lower end of the interval that holds the truth 95 times of 100: of few pictures little is known.</p>"
            + HtmlTable.Of("Thresholds", columns, [Row("whatever comes", all), .. rows])
            + (advice.Any(a => a.Advice is null) ? "<p class=\"note\">–: no threshold reaches it.</p>" : ""));
    }

    private static HtmlRow Row(string wanted, ClipThreshold threshold) => new(
        wanted,
        [
            Words.Line($"{threshold.Score:0.###}"), Words.Percent(threshold.Answered), Words.Percent(threshold.Accuracy),
            Words.Percent(threshold.AccuracyLow),
            .. threshold.UnlabeledRefused is { } refused ? [Words.Percent(refused)] : Array.Empty<string>(),
        ]);
}
