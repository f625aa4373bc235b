using System.Numerics.Tensors;
using System.Reflection;
using Clip.Evaluation.Report;
using Microsoft.ML.Clip.Experiments.DataCheck;
using Microsoft.ML.Clip.Experiments.Refusal;
using Microsoft.ML.Clip.Experiments.Reporting;
using Microsoft.ML.Clip.Experiments.Suggestion;

namespace Microsoft.ML.Clip.Experiments;

/// <content>What to do with what was found: mend the data, refuse what is unsure, label what helps most.</content>
public sealed partial record ClipExperimentResult
{
    private ClipDataProblems? _problems;

    /// <summary>What is wrong with the data: copies, labels that are likely wrong, classes that look alike, unreadable files.</summary>
    public ClipDataProblems Problems => _problems ??= DataChecks.Of(Data, Features.Rows, Folds.Probabilities);

    /// <summary>
    /// The scores at which 90, 95, 98 and 99 % of the answers are right, as far as there are such; by pictures that the candidate had not
    /// seen.
    /// </summary>
    public IReadOnlyList<ClipThreshold> Thresholds => [.. ThresholdAdvice.Targets.Select(ThresholdFor).OfType<ClipThreshold>()];

    /// <summary>The lowest score at which so many of the answers are right.</summary>
    /// <param name="accuracy">The share that shall be right, from 0 to 1.</param>
    /// <returns><see langword="null"/> where no score reaches it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is not from 0 to 1.</exception>
    public ClipThreshold? ThresholdFor(double accuracy)
    {
        if (accuracy is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(accuracy), accuracy, "The share of right answers is from 0 to 1.");
        return ThresholdAdvice.For(accuracy, Confidences(Folds.Probabilities), Hits, Confidences(UnlabeledProbabilities));
    }

    /// <summary>Unlabeled pictures whose labels would help most: the model is unsure of them, and they differ.</summary>
    /// <param name="count">How many; fewer where there are not so many that differ.</param>
    /// <returns>The first one first; none where the best candidate needs texts, which they do not have.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">No unlabeled pictures were given.</exception>
    public IReadOnlyList<ClipSuggestion> Suggest(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (Unlabeled is null || UnlabeledFeatures is null || UnlabeledProbabilities is null)
            throw new InvalidOperationException("There are no unlabeled pictures to suggest labels for; give some in the options.");
        return
        [
            .. Suggestions.Rows(UnlabeledProbabilities, UnlabeledFeatures.Rows, count).Select(row =>
            {
                var own = UnlabeledProbabilities[row];
                int[] best = [.. Enumerable.Range(0, own.Length).OrderByDescending(label => own[label]).Take(2)];
                return new ClipSuggestion(row, Unlabeled.Rows[row].Name, best[0], best[^1], own[best[0]], own[best[^1]]);
            }),
        ];
    }

    /// <summary>
    /// Writes a page to look at, one file with pictures and all: leaderboard, learning curve, data problems, thresholds, and what the best
    /// candidate made of each picture.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="suggestions">How many unlabeled pictures to suggest for labeling, where there are some. Default 20.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteReport(string path, int suggestions = 20)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Report(suggestions).Write(path);
    }

    /// <summary>What the page tells.</summary>
    internal ExperimentReport Report(int suggestions) => new()
    {
        Model = ModelName,
        Classes = Classes,
        Labels = Data.Labels,
        Images = [.. Data.Rows.Select(row => row.Image)],
        Texts = [.. Data.Rows.Select(row => row.Text)],
        Features = Features.Rows,
        Probabilities = Folds.Probabilities,
        Trials = Trials,
        Expected = Words.Line($"Of new rows expect {100 * Accuracy:F1} % right, give or take {100 * AccuracyError:F1}")
            + (IsNested
                ? ": no row had a say in the choice of what was asked of it."
                : ", or less: the best was chosen by these very rows."),
        Curve = Curve,
        Problems = Problems,
        Facts = [.. Facts()],
        UnlabeledImages = [.. Unlabeled?.Rows.Select(row => row.Image) ?? []],
        UnlabeledTexts = [.. Unlabeled?.Rows.Select(row => row.Text) ?? []],
        UnlabeledProbabilities = UnlabeledProbabilities ?? [],
        Suggestions = Unlabeled is { Rows.Count: > 0 } && suggestions > 0 ? Suggest(suggestions) : [],
    };

    private string ModelName =>
        string.Join(" + ", Variant.ModelFolders.Select(folder => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))));

    private IEnumerable<ReportedFacts> Facts()
    {
        yield return new(
            "Data",
            [
                ("rows", Words.Line($"{Data.Rows.Count:N0}, {Data.Unreadable.Count:N0} left out")),
                ("classes", Words.Line($"{Classes.Count:N0}: {string.Join(", ", Classes.Take(20))}{(Classes.Count > 20 ? ", …" : "")}")),
                ("groups", Words.Line($"{Data.Groups.OfType<string>().Distinct().Count():N0}")),
                ("unlabeled", Words.Line($"{Unlabeled?.Rows.Count ?? 0:N0}")),
            ]);
        yield return new(
            "Experiment",
            [
                ("best", $"{Best.Candidate} ({Best.Settings}) on {Best.Features}"),
                ("trials", Words.Line($"{Trials.Count:N0}, {Trials.Sum(trial => trial.Seconds):F1} s")),
                ("folds", Words.Line($"{Folds.Folds.Max() + 1}{(IsNested ? ", nested" : "")}{(IsCanceled ? "; stopped early" : "")}")),
                ("model", ModelName),
                ("library", typeof(ClipExperiment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                    .InformationalVersion),
            ]);
    }

    private bool[] Hits => [.. Folds.Probabilities.Select((own, row) => TensorPrimitives.IndexOfMax<float>(own) == Data.Labels[row])];

    private static float[] Confidences(float[][]? probabilities) =>
        [.. (probabilities ?? []).Select(own => TensorPrimitives.Max<float>(own))];
}
