using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Embeds texts with a model's text tower.</summary>
internal sealed class ClipTextEmbeddingGenerator(ClipModel model, bool disposeModel)
    : ClipEmbeddingGenerator<string>(model, disposeModel)
{
    private protected override float[][] Embed(string[] inputs, out UsageDetails? usage, CancellationToken cancellationToken)
    {
        var embeddings = Model.EmbedTexts(inputs, out var tokens, normalize: true, cancellationToken);
        usage = new() { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }
}
