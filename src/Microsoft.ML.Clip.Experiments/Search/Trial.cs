using System.Diagnostics;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>Rows with their folds, which all trials share.</summary>
/// <param name="Data">The rows.</param>
/// <param name="Folds">For each its fold.</param>
/// <param name="Seed">Of the trainers.</param>
internal sealed record FoldedData(ExperimentData Data, int[] Folds, int Seed)
{
    /// <summary>How many folds there are.</summary>
    public int Count { get; } = Folds.Max() + 1;

    /// <summary>The rows of some folds.</summary>
    public int[] Rows(Func<int, bool> isWanted) => [.. Enumerable.Range(0, Folds.Length).Where(row => isWanted(Folds[row]))];
}

/// <summary>A candidate on a variant of the features, measured a fold after another.</summary>
internal sealed class Trial(
    FoldedData folded, CandidateSettings settings, FeatureVariant variant, FeatureTable table, float[][]? directions)
{
    private readonly float[]?[] _probabilities = new float[table.Rows.Length][];
    private readonly List<int> _sizes = [];
    private readonly Stopwatch _clock = new();

    /// <summary>Its number in the search, by which equals are told apart whichever was done first.</summary>
    public int Number { get; set; }

    public CandidateSettings Settings => settings;

    public FeatureVariant Variant => variant;

    public FeatureTable Table => table;

    /// <summary>Folds that it has been measured on, from the first on.</summary>
    public int Done { get; private set; }

    public bool IsComplete => Done == folded.Count;

    /// <summary>For each row what was said of it without having seen it; null where its fold was not measured.</summary>
    public IReadOnlyList<float[]?> Probabilities => _probabilities;

    /// <summary>Measures folds up to a number.</summary>
    /// <exception cref="OperationCanceledException">It was canceled; folds that are done count.</exception>
    public void Run(int folds, CancellationToken cancellation)
    {
        _clock.Start();
        try
        {
            for (; Done < Math.Min(folds, folded.Count); Done++)
            {
                var fold = Done;
                var (train, test) = (folded.Rows(f => f != fold), folded.Rows(f => f == fold));
                var said = Fit(train, cancellation).Predict([.. test.Select(row => table.Rows[row])], cancellation);
                for (var i = 0; i < test.Length; i++) _probabilities[test[i]] = said[i];
                _sizes.Add(settings.Kind == CandidateKind.ZeroShot ? 0 : train.Length);
            }
        }
        finally
        {
            _clock.Stop();
        }
    }

    /// <summary>Fits it on some rows.</summary>
    public FittedCandidate Fit(int[] rows, CancellationToken cancellation) => FittedCandidate.Fit(
        settings,
        new TrainingRows(
            folded.Data.Classes, [.. rows.Select(row => table.Rows[row])], [.. rows.Select(row => folded.Data.Labels[row])], directions),
        folded.Seed, cancellation);

    /// <summary>How well it did on the folds that were measured.</summary>
    public Score Score() => Search.Score.Of(folded.Data.Labels, folded.Folds, _probabilities);

    /// <summary>What users see of it.</summary>
    public ClipTrial Describe(int rank)
    {
        var score = Score();
        return new ClipTrial(
            settings.Kind.ToString(), settings.Describe(), table.Variant,
            score.Accuracy, score.AccuracyError, score.MacroRecall, score.MacroRecallError)
        {
            Seconds = _clock.Elapsed.TotalSeconds,
            TrainingSize = _sizes.Count == 0 ? 0 : (int)Math.Round(_sizes.Average()),
            Folds = Done,
            Rank = rank,
        };
    }
}
