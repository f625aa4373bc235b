using Microsoft.ML.Clip.FewShot;

namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>Zero-shot, mixtures of prompts and means, neighbors, and the cache: all are <see cref="ClipFewShotEstimator"/>'s.</summary>
internal sealed class FewShotCandidate : FittedCandidate
{
    /// <summary>Votes of neighbors would be those of the nearest alone at CLIP's scale.</summary>
    private const float NeighborScale = 20;

    private readonly FewShotMemory _memory;

    private FewShotCandidate(FewShotMemory memory)
    {
        _memory = memory;
        Steps = [new ClipFewShotTransformer(new MLContext(), memory.Options, memory)];
    }

    public override IReadOnlyList<ITransformer> Steps { get; }

    /// <summary>The settings, as the estimator takes them.</summary>
    public static ClipFewShotEstimator.Options Options(CandidateSettings settings) => new()
    {
        FeatureColumnName = Features,
        MeanWeight = settings.MeanWeight,
        Neighbors = settings.Neighbors,
        CacheWeight = settings.CacheWeight,
        CacheSharpness = settings.CacheSharpness > 0 ? settings.CacheSharpness : 5.5f,
        Scale = settings.Kind == CandidateKind.Neighbors ? NeighborScale : 100,
        BalanceClasses = settings.BalanceClasses,
    };

    public static FewShotCandidate Keep(CandidateSettings settings, TrainingRows rows) => new(FewShotMemory.Fit(
        Options(settings), rows.Classes, new FewShotExamples(rows.Rows, rows.Labels),
        settings.Templates.Count > 0 ? rows.Directions[settings.TemplatesName] : null));

    public override float[][] Predict(IReadOnlyList<float[]> rows, CancellationToken cancellation) =>
    [
        .. rows.Select(row =>
        {
            cancellation.ThrowIfCancellationRequested();
            var scores = new float[_memory.Labels.Count];
            _memory.Score(row, scores);
            return scores;
        }),
    ];
}
