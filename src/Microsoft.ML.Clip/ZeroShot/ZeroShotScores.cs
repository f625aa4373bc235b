using System.Numerics.Tensors;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Estimating;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.ZeroShot;

/// <summary>What a saved classifier has beside its options and the labels' embeddings.</summary>
internal sealed record FittedZeroShot : FittedImageTower
{
    public float LogitScale { get; init; }

    public float? LogitBias { get; init; }
}

/// <summary>The scores, predicted labels and similarities of a batch of images: the outputs 0, 1 and 2.</summary>
internal sealed class ZeroShotScores(ImageBatch images, ClipLabelEmbeddings labels, ClipScoring scoring, float threshold) : IRowBatch
{
    private readonly int _count = labels.Labels.Count;
    private float[] _scores = [];
    private float[] _similarities = [];

    public void Read(int slot) => images.Read(slot);

    public void Prepare(int count, CancellationToken cancellationToken) => images.Prepare(count, cancellationToken);

    public void Run(int count)
    {
        images.Run(count);
        if (_scores.Length < count * _count) (_scores, _similarities) = (new float[count * _count], new float[count * _count]);
        for (var slot = 0; slot < count; slot++) Score(slot, Row(_scores, slot).Span, Row(_similarities, slot).Span);
    }

    public void Dispose() => images.Dispose();

    public Delegate CreateGetter(int output, Func<int> slot) => output switch
    {
        0 => VectorColumns.VectorGetter(_count, () => Row(_scores, slot())),
        1 => (ValueGetter<uint>)((ref uint key) => key = Predict(slot())),
        _ => VectorColumns.VectorGetter(_count, () => Row(_similarities, slot())),
    };

    private Memory<float> Row(float[] values, int slot) => values.AsMemory(slot * _count, _count);

    private void Score(int slot, Span<float> scores, Span<float> similarities)
    {
        if (images.IsMissing(slot))
        {
            scores.Fill(float.NaN);
            similarities.Fill(float.NaN);
            return;
        }

        var image = images.Embedding(slot).Span;
        EmbeddingMath.Normalize(image);
        for (var label = 0; label < scores.Length; label++) similarities[label] = TensorPrimitives.Dot(image, labels[label]);
        similarities.CopyTo(scores);
        scoring.Apply(scores);
    }

    private uint Predict(int slot)
    {
        if (images.IsMissing(slot)) return 0;
        var scores = Row(_scores, slot).Span;
        var best = TensorPrimitives.IndexOfMax(scores);
        return scores[best] >= threshold ? (uint)best + 1 : 0;
    }
}
