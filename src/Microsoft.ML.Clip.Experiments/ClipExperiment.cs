using Clip.Evaluation;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.DataCheck;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Refusal;
using Microsoft.ML.Clip.Experiments.Search;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Experiments;

/// <summary>Finds the best classifier on CLIP's features in the time allowed.</summary>
public static class ClipExperiment
{
    /// <summary>
    /// The shares of the time until which the search may go on, the measuring of those it did not get to the end of, and the honest
    /// estimate; then comes the curve.
    /// </summary>
    private const double SearchShare = 0.4, FinishShare = 0.5, NestedShare = 0.85;

    /// <summary>The share of the time limit that the features of one kind of views may take.</summary>
    private const double ViewsShare = 0.25;

    /// <summary>The most that the largest class may have over the smallest, before weights are tried.</summary>
    private const double Uneven = 1.5;

    /// <summary>Tries candidates on pictures, texts or both, and fits the best on all of them.</summary>
    /// <param name="mlContext">What messages are logged to, and the model is made with.</param>
    /// <param name="data">The rows.</param>
    /// <param name="labelColumn">The column of classes: text, or a key over texts.</param>
    /// <param name="imageColumn">
    /// The column of pictures: paths (text) or files (vectors of bytes); <see langword="null"/> for texts alone
    /// (<see cref="ClipExperimentOptions.TextColumnName"/>).
    /// </param>
    /// <param name="options">The settings.</param>
    /// <param name="progress">Told of each candidate when it has been measured on more folds, from any thread.</param>
    /// <param name="cancellation">
    /// Stops it: while features are computed by an exception (those that are done are kept), then with the best so far.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A column is absent or of another type, a setting is out of its range, there are not two classes with two pictures each, or the time
    /// ended before a candidate was measured.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled before a candidate was measured.</exception>
    /// <exception cref="DirectoryNotFoundException">A model folder is not there.</exception>
    public static ClipExperimentResult Classify(
        MLContext mlContext, IDataView data, string labelColumn, string? imageColumn, ClipExperimentOptions options,
        IProgress<ClipTrial>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        using var channel = ((IHostEnvironment)mlContext).Register(nameof(ClipExperiment)).Start(nameof(Classify));
        using var source = new FeatureSource(options, Warn);
        var read = source.Readable(new RowReader(labelColumn, imageColumn, options).Read(data), "rows", cancellation);
        foreach (var row in read.Unreadable) Warn($"'{row.Name}' is left out: {row.Reason}");
        // What cannot be split is refused before features take their time.
        Folds.Check(read.Labels, read.Groups);
        var unlabeled = imageColumn is null ? null : Unlabeled(source, read, options, cancellation);
        (read, unlabeled) = WithNone(source, read, unlabeled, options, Warn, cancellation);
        var features = new ExperimentVariants(source, read, options, imageColumn is not null, Warn);
        var problems = DataChecks.Of(read, source.Table(read, features.Simplest, "rows", cancellation).Rows, null, cancellation);
        foreach (var sentence in DataChecks.Sentences(problems, read)) Warn(sentence);
        var scenes = Scenes.Of(read.Labels, read.Groups, problems.Duplicates);
        var folded = new FoldedData(read, Folds.Of(read.Labels, scenes, options.Folds, options.Seed), options.Seed);
        Info($"{read.Rows.Count} rows of {read.Classes.Count} classes in {folded.Count} folds.");
        var variants = features.Compute(ViewsShare, cancellation);

        var clock = new Deadlines(options.TimeLimit, cancellation);
        var search = new CandidateSearch(folded, options.Metric, progress, Warn);
        using (var limit = clock.Until(SearchShare)) Search(search, folded, variants, options, limit.Token);
        using (var limit = clock.Until(FinishShare)) search.Finish(limit.Token);
        if (options.Tries(CandidateKind.Average)) search.RunAverage(cancellation);

        var ranked = search.Ranked();
        if (ranked.Length == 0)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ArgumentException(
                $"The time limit of {options.TimeLimit} ended before a candidate was measured; allow more.", nameof(options));
        }

        var best = ranked[0];
        // One that time ran out for is measured to its end, so that something is known of every row.
        if (!best.IsComplete) best.Run(folded.Count, CancellationToken.None);
        FoldPredictions? nested;
        using (var limit = clock.Until(NestedShare)) nested = NestedChoice.Make(ranked, folded, options.Metric, Warn, limit.Token);
        if (nested is null) Info("There was no time, or there are too few rows, for nested folds: the estimate is the cross-validation's.");
        var predictions = nested ?? FoldPredictions.Of(best, folded);
        IReadOnlyList<ClipLearningCurvePoint> curve;
        using (var limit = clock.Until(1)) curve = LearningCurve.Of(best, folded, Warn, limit.Token);

        var fitted = best.Fit([.. Enumerable.Range(0, read.Rows.Count)], CancellationToken.None);
        var (model, schema) = ModelPipeline.Make(mlContext, data, imageColumn, options, best.Variant, fitted);
        if (options.UnlabeledImages.Count > 0 && best.Variant.UsesTexts)
            Warn("The best candidate reads texts, which unlabeled pictures do not have: nothing is said of them.");
        var trials = ranked.Select((trial, i) => trial.Describe(i + 1)).ToArray();
        Info($"The best of {trials.Length} candidates: {trials[0].Candidate} ({trials[0].Settings}) on {trials[0].Features}.");
        return new ClipExperimentResult(mlContext, schema, read, best.Table, predictions, best.Settings, best.Variant)
        {
            Best = trials[0],
            Trials = trials,
            Classes = read.Classes,
            Curve = curve,
            Model = model,
            IsCanceled = cancellation.IsCancellationRequested,
            IsNested = nested is not null,
            NoneClass = options.NoneClass is { } none && read.Classes.Contains(none) ? none : null,
        }.WithUnlabeled(source, fitted, unlabeled, cancellation);

        void Warn(string text) => channel.Warning(MessageSensitivity.UserData, "{0}", text);
        void Info(string text) => channel.Info(MessageSensitivity.UserData, "{0}", text);
    }

    /// <summary>The unlabeled pictures that can be read; null for none.</summary>
    private static ExperimentData? Unlabeled(
        FeatureSource source, ExperimentData read, ClipExperimentOptions options, CancellationToken cancellation)
    {
        if (options.UnlabeledImages.Count == 0) return null;
        var rows = options.UnlabeledImages.Select(path => options.ImageFolder is { } folder ? Path.Combine(folder, path) : path)
            .Select(path => new ExperimentRow(path, -1, null, null, new StoredImage { ImagePath = path }));
        return source.Readable(new ExperimentData([.. rows], read.Classes, []), "unlabeled pictures", cancellation);
    }

    /// <summary>Adds the class for pictures that are none of the others, where one is wanted.</summary>
    private static (ExperimentData Labeled, ExperimentData? Unlabeled) WithNone(
        FeatureSource source, ExperimentData read, ExperimentData? unlabeled, ClipExperimentOptions options, Action<string> warn,
        CancellationToken cancellation)
    {
        if (options.NoneClass is not { } name || unlabeled is null) return (read, unlabeled);
        var variant = new FeatureVariant([options.ModelFolders[0]], ClipImageViews.Center, true, false);
        if (NoneClass.Add(
            read, source.Table(read, variant, "rows", cancellation), unlabeled,
            source.Table(unlabeled, variant, "unlabeled pictures", cancellation), name, cancellation) is { } added) return added;
        warn($"Fewer than two unlabeled pictures are far from all labeled ones, so there is nothing to learn '{name}' from.");
        return (read, unlabeled);
    }

    /// <summary>
    /// First the quick ones, then what takes a fit, then the rest on the best features; all that on the pictures alone, so that little time
    /// has tried every kind, and then on their views.
    /// </summary>
    private static void Search(
        CandidateSearch search, FoldedData folded, IReadOnlyList<ReadyVariant> variants, ClipExperimentOptions options,
        CancellationToken cancellation)
    {
        var counts = folded.Data.Labels.CountBy(label => label).Select(count => count.Value).ToArray();
        var space = new CandidateSpace(
            folded.Data.Rows.Count * (folded.Count - 1) / folded.Count, folded.Data.Classes.Count, counts.Max() > Uneven * counts.Min());
        foreach (var part in variants.GroupBy(ready => ready.Variant.Views == ClipImageViews.Center).Select(part => part.ToArray()))
        {
            if (!search.Run([.. part.SelectMany(ready => Of(ready, space.Quick(ready.Prompts)))], cancellation)) return;
            if (!search.Run([.. part.SelectMany(ready => Of(ready, space.Linear()))], cancellation)) return;
            var best = search.Ranked()[0].Variant;
            if (part.FirstOrDefault(ready => ready.Variant == best) is not { } winner) continue;
            if (!search.Run(Of(winner, space.Others()), cancellation)) return;
        }

        Trial[] Of(ReadyVariant ready, IEnumerable<CandidateSettings> tried) =>
        [
            .. tried.Where(settings => options.Tries(settings.Kind))
                .Select(settings => new Trial(folded, settings, ready.Variant, ready.Table, ready.Directions)),
        ];
    }
}
