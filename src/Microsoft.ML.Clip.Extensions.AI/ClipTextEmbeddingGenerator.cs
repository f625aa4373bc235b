using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Embeds texts with a model's text tower.</summary>
internal sealed class ClipTextEmbeddingGenerator(ClipModel model, bool disposeModel)
    : ClipEmbeddingGenerator<string>(model, disposeModel)
{
    // ClipModel.Dimension would open the image tower, which a search that only embeds queries never needs.
    private protected override int FindDimension() => Model.EmbedText("").Length;

    private protected override float[][] Embed(string[] inputs, CancellationToken cancellation) =>
        Model.EmbedTexts(inputs, normalize: true, cancellation);

    private protected override UsageDetails CountUsage(string[] inputs)
    {
        var tokens = inputs.Sum(text => (long)Model.Tokenizer.Encode(text, Model.ContextLength).Length);
        return new() { InputTokenCount = tokens, TotalTokenCount = tokens };
    }
}
