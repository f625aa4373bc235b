using System.Globalization;
using Microsoft.ML.Clip.Experiments;

namespace Clip.Cli.Experimenting;

/// <summary>What an experiment found, for people, in a few lines; its page has the rest.</summary>
internal static class ExperimentSummary
{
    private const int MostTrials = 5;

    public static void Print(ClipExperimentResult result, ClipExperimentMetric metric, int? suggest)
    {
        if (result.IsCanceled) Line($"Stopped: this is the best so far.");
        var by = metric == ClipExperimentMetric.Accuracy ? "accuracy" : "macro recall";
        Line($"{result.Trials.Count} candidates on {result.RowCount} rows of {result.Classes.Count} labels; the best by {by}:");
        foreach (var trial in result.Trials.Take(MostTrials)) Console.WriteLine($"  {LeaderboardDisplay.Line(trial)}");
        var how = result.IsNested ? "on rows that neither a fit nor the choice has seen" : "the choice has seen these rows: expect less";
        var (accuracy, error, recall) = (100 * result.Accuracy, 100 * result.AccuracyError, 100 * result.MacroRecall);
        Line($"Expect accuracy {accuracy:F1} % ± {error:F1}, macro recall {recall:F1} % ({how}).");
        foreach (var threshold in result.Thresholds.TakeLast(1))
        {
            var (answered, right) = (100 * threshold.Answered, 100 * threshold.Accuracy);
            Line($"Refuse below score {threshold.Score:F3}: {answered:F1} % are answered, {right:F1} % of these right.");
            if (threshold.UnlabeledRefused is { } refused) Line($"Of the unlabelled pictures {100 * refused:F1} % are refused then.");
        }

        var problems = result.Problems;
        Tell(problems.Unreadable.Count, "cannot be read and were left out");
        Tell(problems.Duplicates.Count(set => !set.AcrossClasses), "sets of near-duplicates");
        Tell(problems.Duplicates.Count(set => set.AcrossClasses), "sets of near-duplicates with different labels");
        Tell(problems.SuspectLabels.Count, "labels are likely wrong");
        Tell(problems.LookAlikes.Count, "pairs of labels look alike");
        if (suggest is not { } count) return;
        if (!result.HasUnlabeled)
        {
            Line($"No picture is suggested: the best candidate needs texts, which pictures alone lack, or it was stopped before.");
            return;
        }

        Line($"Label these next:");
        foreach (var one in result.Suggest(count))
        {
            var (first, second) = (result.Classes[one.First], result.Classes[one.Second]);
            Line($"  {one.Name}: {first} ({100 * one.ProbabilityOfFirst:F0} %) or {second} ({100 * one.ProbabilityOfSecond:F0} %)");
        }

        static void Tell(int number, string what)
        {
            if (number > 0) Line($"Data: {number} {what}; see report.html.");
        }
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
