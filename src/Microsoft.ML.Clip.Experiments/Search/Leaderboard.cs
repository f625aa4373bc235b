using System.Globalization;
using System.Text;
using Clip.Evaluation.Results;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>The trials as a table, by RFC 4180.</summary>
internal static class Leaderboard
{
    private const string Header =
        "rank,candidate,settings,features,accuracy,accuracy_error,macro_recall,macro_recall_error,seconds,training_size,folds";

    public static string Csv(IReadOnlyList<ClipTrial> trials)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var trial in trials)
        {
            text.Append(string.Join(',', trial.Rank.ToString(CultureInfo.InvariantCulture), CsvCell.Of(trial.Candidate),
                CsvCell.Of(trial.Settings), CsvCell.Of(trial.Features), CsvCell.Of(trial.Accuracy), CsvCell.Of(trial.AccuracyError),
                CsvCell.Of(trial.MacroRecall), CsvCell.Of(trial.MacroRecallError), CsvCell.Of(trial.Seconds),
                trial.TrainingSize.ToString(CultureInfo.InvariantCulture),
                trial.Folds.ToString(CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }
}
