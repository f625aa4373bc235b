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
        Line($"{result.Trials.Count} candidates on {result.RowCount} rows of {result.Classes.Count} labels; the best by {(metric == ClipExperimentMetric.Accuracy ? "accuracy" : "macro recall")}:");
        foreach (var trial in result.Trials.Take(MostTrials)) Console.WriteLine($"  {LeaderboardDisplay.Line(trial)}");
        var how = result.IsNested ? "on rows that neither a fit nor the choice has seen" : "the choice has seen these rows: expect less";
        Line($"Expect accuracy {100 * result.Accuracy:F1} % ± {100 * result.AccuracyError:F1}, macro recall {100 * result.MacroRecall:F1} % ({how}).");
        foreach (var threshold in result.Thresholds.TakeLast(1))
        {
            Line($"Refuse below score {threshold.Score:F3}: {100 * threshold.Answered:F1} % are answered, {100 * threshold.Accuracy:F1} % of these right.");
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
