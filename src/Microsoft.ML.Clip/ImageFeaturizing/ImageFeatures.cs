using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.ImageFeaturizing;

/// <summary>The embeddings of a batch of images.</summary>
internal sealed class ImageFeatures(ImageBatch images, int dimension, bool normalize) : IRowBatch
{
    public void Read(int slot) => images.Read(slot);

    public void Prepare(int count, CancellationToken cancellationToken) => images.Prepare(count, cancellationToken);

    public void Run(int count)
    {
        images.Run(count);
        for (var slot = 0; normalize && slot < count; slot++) EmbeddingMath.Normalize(images.Embedding(slot).Span);
    }

    public void Dispose() => images.Dispose();

    public Delegate CreateGetter(int output, Func<int> slot) => VectorColumns.VectorGetter(dimension, () => images.Embedding(slot()));
}
