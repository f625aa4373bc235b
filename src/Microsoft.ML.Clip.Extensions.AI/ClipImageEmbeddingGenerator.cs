using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Embeds images, given as their files' bytes, with a model's image tower.</summary>
internal sealed class ClipImageEmbeddingGenerator(ClipModel model, bool disposeModel)
    : ClipEmbeddingGenerator<DataContent>(model, disposeModel)
{
    private protected override float[][] Embed(
        DataContent[] inputs, out UsageDetails? usage, CancellationToken cancellationToken)
    {
        usage = null;
        for (var i = 0; i < inputs.Length; i++) Check(inputs[i], i);
        return Model.EmbedImages(Array.ConvertAll(inputs, content => content.Data), normalize: true, cancellationToken);
    }

    private static void Check(DataContent content, int index)
    {
        var name = content.Name is { } given ? $"Value {index} ('{given}')" : $"Value {index}";
        if (!content.HasTopLevelMediaType("image"))
            throw new ArgumentException($"{name} is of media type '{content.MediaType}'; give an image's bytes as image/*.");
        if (content.Data.IsEmpty)
            throw new ArgumentException($"{name} carries no data; give the bytes of an image file, not only where it lies.");
    }
}
