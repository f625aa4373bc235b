using System.Diagnostics;
using System.Numerics.Tensors;
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
    FoldedData folded, CandidateSettings settings, FeatureVariant variant, FeatureTable table,
    IReadOnlyDictionary<string, float[][]> directions)
{
    /// <summary>The most numbers that a trial keeps, 4 MB: of hundreds of trials few are asked for them again.</summary>
    private const long MostKept = 1 << 20;

    private readonly bool _isKept = (long)table.Rows.Length * folded.Data.Classes.Count <= MostKept;
    private readonly float[]?[] _probabilities = new float[table.Rows.Length][];
    private readonly int[] _predicted = [.. table.Rows.Select(_ => Search.Score.NotMeasured)];
    private readonly List<int> _sizes = [];
    private readonly Stopwatch _clock = new();
    private IReadOnlyList<Trial> _members = [];

    /// <summary>Its number in the search, by which equals are told apart whichever was done first.</summary>
    public int Number { get; set; }

    public CandidateSettings Settings => settings;

    public FeatureVariant Variant => variant;

    public FeatureTable Table => table;

    /// <summary>Folds that it has been measured on, from the first on.</summary>
    public int Done { get; private set; }

    public bool IsComplete => Done == folded.Count;

    /// <summary>
    /// For each row the class that was predicted without having seen it; <see cref="Search.Score.NotMeasured"/> for none.
    /// </summary>
    public IReadOnlyList<int> Predicted => _predicted;

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
                var (test, said) = (folded.Rows(f => f == fold), Ask(fold, cancellation));
                for (var i = 0; i < test.Length; i++)
                {
                    _predicted[test[i]] = TensorPrimitives.IndexOfMax<float>(said[i]);
                    if (_isKept) _probabilities[test[i]] = said[i];
                }

                _sizes.Add(settings.Kind == CandidateKind.ZeroShot ? 0 : table.Rows.Length - test.Length);
            }
        }
        finally
        {
            _clock.Stop();
        }
    }

    /// <summary>What is said of the rows of a fold without having seen them, [rows of the fold][classes].</summary>
    public float[][] OfFold(int fold, CancellationToken cancellation) => _isKept && fold < Done
        ? [.. folded.Rows(f => f == fold).Select(row => _probabilities[row]!)]
        : Ask(fold, cancellation);

    /// <summary>The average of some candidates on the same features.</summary>
    public Trial Average(IReadOnlyList<Trial> members) =>
        new(folded, new(CandidateKind.Average) { Members = [.. members.Select(one => one.Settings)] }, variant, table, directions)
        {
            _members = members,
        };

    /// <summary>Fits it on some rows.</summary>
    public FittedCandidate Fit(int[] rows, CancellationToken cancellation) => FittedCandidate.Fit(
        settings,
        new TrainingRows(
            folded.Data.Classes, [.. rows.Select(row => table.Rows[row])], [.. rows.Select(row => folded.Data.Labels[row])], directions),
        folded.Seed, cancellation);

    /// <summary>How well it did on the folds that were measured.</summary>
    public Score Score() => Search.Score.Of(folded.Data.Labels, folded.Folds, _predicted);

    /// <summary>How well it did on the first folds.</summary>
    public Score Score(int folds) => Search.Score.Of(folded.Data.Labels, folded.Folds, _predicted, fold => fold < folds);

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

    private float[][] Ask(int fold, CancellationToken cancellation)
    {
        // What members said is kept, so an average costs no fit.
        if (_members.Count > 0)
            return AverageCandidate.Mean(folded.Data.Classes, [.. _members.Select(one => one.OfFold(fold, cancellation))]);
        var fitted = Fit(folded.Rows(f => f != fold), cancellation);
        return fitted.Predict([.. folded.Rows(f => f == fold).Select(row => table.Rows[row])], cancellation);
    }
}
