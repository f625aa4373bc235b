using Clip.Cli.Reporting;
using Clip.Evaluation;
using Clip.Evaluation.Embedding;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Tasks;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;

namespace Clip.Cli.Evaluating;

/// <summary>A model folder that is evaluated: by its ONNX files and the cache, or in torch where it classifies by likelihood.</summary>
internal sealed class EvaluatedModel : IDisposable
{
    private readonly string _folder;
    private readonly double _maxBadPercent;
    private readonly Lazy<string> _weights;
    private readonly EmbeddingDisplay _display = new();
    private readonly ClipModel? _model;
    private readonly EmbeddingCache? _cache;
    private readonly ModelEvaluation? _evaluation;

    /// <param name="folder">The folder.</param>
    /// <param name="cache">Where embeddings are kept; null for nowhere.</param>
    /// <param name="maxBadPercent">The most pictures of a set that may be unreadable, in percent.</param>
    public EvaluatedModel(string folder, string? cache, double maxBadPercent)
    {
        (_folder, _maxBadPercent) = (folder, maxBadPercent);
        _weights = new Lazy<string>(() => ObjectiveFolder.Fingerprint(folder));
        if (ObjectiveFolder.NeedsTorch(folder)) return;
        _model = ClipModel.Open(folder);
        if (cache is not null) _cache = EmbeddingCache.Open(cache, _model.Fingerprint, Console.Error.WriteLine);
        _evaluation = new ModelEvaluation(new Embedder(_model, _cache, _display), maxBadPercent);
    }

    /// <summary>Tells its weights from others: of a model that classifies by likelihood those of its file of weights.</summary>
    public string Fingerprint => _model?.Fingerprint ?? _weights.Value;

    /// <inheritdoc cref="ModelEvaluation.ZeroShot"/>
    public ClassificationOutcome ZeroShot(LabeledSet set, CancellationToken cancellation) => Told(
        _evaluation is null
            ? ObjectiveFolder.ZeroShot(_folder, set, _maxBadPercent, cancellation)
            : _evaluation.ZeroShot(set, cancellation));

    /// <inheritdoc cref="ModelEvaluation.LinearProbe"/>
    public LinearProbe LinearProbe(IReadOnlyList<LabeledImage> train, LabeledSet set, long seed, CancellationToken cancellation)
    {
        var probe = Towers("A linear probe").LinearProbe(train, set, seed, cancellation);
        Told(probe.Outcome);
        return probe;
    }

    /// <inheritdoc cref="ModelEvaluation.FewShot"/>
    public IReadOnlyList<LinearProbe> FewShot(
        IReadOnlyList<LabeledImage> train, LabeledSet set, int shots, int draws, long seed, CancellationToken cancellation) =>
        Towers("A few-shot probe").FewShot(train, set, shots, draws, seed, cancellation);

    /// <inheritdoc cref="ModelEvaluation.Retrieval"/>
    public RetrievalOutcome Retrieval(RetrievalSet set, CancellationToken cancellation)
    {
        var outcome = Towers("Retrieval").Retrieval(set, cancellation);
        Tell(outcome.Broken);
        return outcome;
    }

    public void Dispose()
    {
        _display.Dispose();
        _cache?.Dispose();
        _model?.Dispose();
    }

    private ModelEvaluation Towers(string task) => _evaluation ?? throw new ClipException(
        $"{task} takes the embeddings of a model's towers, and {_folder} classifies by the likelihood of texts; give another model.");

    private static ClassificationOutcome Told(ClassificationOutcome outcome)
    {
        Tell(outcome.Broken);
        return outcome;
    }

    private static void Tell(IReadOnlyDictionary<string, string> broken)
    {
        foreach (var (path, reason) in broken.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Console.Error.WriteLine($"Skipped {path}: {reason}");
    }
}
