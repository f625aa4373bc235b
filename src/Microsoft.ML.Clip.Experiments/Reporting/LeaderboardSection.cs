using Clip.Evaluation.Report;

namespace Microsoft.ML.Clip.Experiments.Reporting;

/// <summary>All that was tried, the best first.</summary>
internal static class LeaderboardSection
{
    private const int MostShown = 50;

    /// <summary>Width and height of the bars.</summary>
    private const int Wide = 120, High = 12;

    /// <summary>The section.</summary>
    /// <param name="trials">All that was tried.</param>
    /// <param name="expected">A sentence on what to expect of new rows.</param>
    public static HtmlSection Of(IReadOnlyList<ClipTrial> trials, string expected)
    {
        var shown = trials.OrderBy(trial => trial.Rank).Take(MostShown).ToArray();
        var note = trials.Count > shown.Length
            ? $"The best {shown.Length} of {Words.Count(trials.Count, "trial")}; leaderboard.csv has them all."
            : $"{Words.Count(trials.Count, "trial")}, the best first.";
        return new HtmlSection(
            "leaderboard", "Leaderboard",
            $"<p class=\"note\">{expected} {note} Accuracy is that of pictures which the trial had not learned from, the mean over the "
            + "folds; behind it is one standard error. Of trials that cannot be told apart by it the simpler one comes first.</p>"
            + HtmlTable.Of(
                "Leaderboard", ["candidate", "accuracy", "mean recall", "seconds"],
                shown.Select(trial => new HtmlRow(
                    $"<span class=\"rank\">{trial.Rank}</span>{HtmlPage.Encode(trial.Candidate)}"
                    + $"<small>{HtmlPage.Encode(Details(trial))}</small>",
                    [
                        $"{Bar(trial)}{Error(trial.Accuracy, trial.AccuracyError)}",
                        Error(trial.MacroRecall, trial.MacroRecallError), Words.Line($"{trial.Seconds:F1}"),
                    ],
                    trial.Rank == 1 ? "first" : null))));
    }

    private static string Details(ClipTrial trial) =>
        string.Join(" · ", new[] { trial.Settings, trial.Features }.Where(text => text.Length > 0));

    private static string Error(double value, double error) => Words.Line($"{100 * value:F1}\u00a0%<small>± {100 * error:F1}</small>");

    private static string Bar(ClipTrial trial)
    {
        double end = Wide * trial.Accuracy, error = Wide * trial.AccuracyError;
        return Words.Line($"<svg class=\"span\" viewBox=\"0 0 {Wide} {High}\" width=\"{Wide}\" height=\"{High}\" aria-hidden=\"true\">")
            + Words.Line($"<rect class=\"count\" width=\"{Wide}\" height=\"{High}\" rx=\"4\"/>")
            + Words.Line($"<rect class=\"bin\" width=\"{end:F1}\" height=\"{High}\" rx=\"4\"/>")
            + Words.Line($"<line x1=\"{Math.Max(0, end - error):F1}\" x2=\"{Math.Min(Wide, end + error):F1}\" y1=\"6\" y2=\"6\"/></svg>");
    }
}
