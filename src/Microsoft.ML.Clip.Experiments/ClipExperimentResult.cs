using System.Text;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;

namespace Microsoft.ML.Clip.Experiments;

/// <summary>What an experiment found.</summary>
public sealed partial record ClipExperimentResult : IDisposable
{
    private readonly MLContext _ml;
    private readonly DataViewSchema _input;

    internal ClipExperimentResult(
        MLContext ml, DataViewSchema input, ExperimentData data, FeatureTable features, FoldPredictions folds, CandidateSettings settings,
        FeatureVariant variant) =>
        (_ml, _input, Data, Features, Folds, Settings, Variant) = (ml, input, data, features, folds, settings, variant);

    /// <summary>The best candidate.</summary>
    public required ClipTrial Best { get; init; }

    /// <summary>Every candidate, the best first.</summary>
    public required IReadOnlyList<ClipTrial> Trials { get; init; }

    /// <summary>The classes, in the order of the model's scores.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>How the best candidate does on 1, 2, 4, 8 and 16 pictures of a class, as far as there are so many.</summary>
    public required IReadOnlyList<ClipLearningCurvePoint> Curve { get; init; }

    /// <summary>
    /// The best candidate, fitted on all of the data: from the columns of pictures and texts to <c>PredictedLabel</c> (text) and
    /// <c>Score</c> (a probability for each class, in slots named by the classes).
    /// </summary>
    public required ITransformer Model { get; init; }

    /// <summary>Whether it was stopped before it was done: what is here is the best so far.</summary>
    public bool IsCanceled { get; init; }

    /// <summary>
    /// Whether <see cref="Accuracy"/> and <see cref="MacroRecall"/> are of nested folds: of rows that neither a fit nor the choice of the
    /// best has seen. If not, there was no time or there were too few rows, and they are those of <see cref="Best"/>, which was chosen for
    /// being the best on these very rows.
    /// </summary>
    public bool IsNested { get; init; }

    /// <summary>The share of rows to expect right, from 0 to 1: the mean over folds.</summary>
    public double Accuracy => Expected.Accuracy;

    /// <summary>The standard error of <see cref="Accuracy"/>.</summary>
    public double AccuracyError => Expected.AccuracyError;

    /// <summary>The mean of the classes' recalls to expect, from 0 to 1: the mean over folds.</summary>
    public double MacroRecall => Expected.MacroRecall;

    /// <summary>The standard error of <see cref="MacroRecall"/>.</summary>
    public double MacroRecallError => Expected.MacroRecallError;

    private Score Expected => Score.Of(Data.Labels, Folds.Folds, Score.Predicted(Folds.Probabilities));

    /// <summary>Saves the model, which <c>mlContext.Model.Load</c> opens: written aside, then renamed.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    public void SaveModel(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Write(path, file => _ml.Model.Save(Model, _input, file));
    }

    /// <summary>Saves the trials as a table, the best first: written aside, then renamed.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    public void SaveLeaderboard(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Write(path, file => file.Write(Encoding.UTF8.GetBytes(Leaderboard.Csv(Trials))));
    }

    /// <summary>Closes the model.</summary>
    public void Dispose() => (Model as IDisposable)?.Dispose();

    /// <summary>How many rows it was found on: those that could be read.</summary>
    public int RowCount => Data.Rows.Count;

    /// <summary>Whether the best candidate was asked of unlabeled pictures: there are some, and it needs no texts.</summary>
    public bool HasUnlabeled => Unlabeled is { Rows.Count: > 0 };

    /// <summary>The rows.</summary>
    internal ExperimentData Data { get; }

    /// <summary>The class for pictures that are none of the others; null where there is none.</summary>
    internal string? NoneClass { get; init; }

    /// <summary>The pictures that it was learned from.</summary>
    internal IReadOnlyList<string> NonePictures =>
        [.. Data.Rows.Where(row => Classes[row.Label] == NoneClass).Select(row => row.Name)];

    /// <summary>The features that the best candidate works on.</summary>
    internal FeatureTable Features { get; }

    /// <summary>What the best candidate says of rows that it has not seen.</summary>
    internal FoldPredictions Folds { get; }

    /// <summary>The settings of the best candidate, from which code can be written.</summary>
    internal CandidateSettings Settings { get; }

    /// <summary>The variant of the features that the best candidate works on.</summary>
    internal FeatureVariant Variant { get; }

    /// <summary>Features of the unlabeled pictures that were given; null where there were none.</summary>
    internal FeatureTable? UnlabeledFeatures { get; init; }

    /// <summary>For each unlabeled picture a probability for each class; null where there were none.</summary>
    internal float[][]? UnlabeledProbabilities { get; init; }

    /// <summary>The unlabeled pictures, those that can be read; null where there were none.</summary>
    internal ExperimentData? Unlabeled { get; init; }

    /// <summary>Asks the best of the unlabeled pictures.</summary>
    internal ClipExperimentResult WithUnlabeled(
        FeatureSource source, FittedCandidate fitted, ExperimentData? unlabeled, CancellationToken cancellation)
    {
        if (unlabeled is null) return this;
        // One that needs texts has nothing to say of pictures alone.
        if (!Variant.UsesImages || Variant.UsesTexts || cancellation.IsCancellationRequested) unlabeled = unlabeled with { Rows = [] };
        var table = source.Table(unlabeled, Variant, "unlabeled pictures", cancellation);
        return this with
        {
            Unlabeled = unlabeled,
            UnlabeledFeatures = table,
            UnlabeledProbabilities = unlabeled.Rows.Count > 0 ? fitted.Predict(table.Rows, cancellation) : [],
        };
    }

    private static void Write(string path, Action<Stream> write)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        AtomicFile.Write(path, write);
    }
}
