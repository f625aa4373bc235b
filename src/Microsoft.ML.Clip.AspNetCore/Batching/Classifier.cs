using System.Numerics.Tensors;
using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>Zero-shot classification of one picture, by way of the queues.</summary>
internal sealed class Classifier(ClipEngine engine, LabelCache cache, ClipServerOptions options)
{
    /// <summary>The labels with their scores, the best first.</summary>
    /// <param name="picture">The bytes of the picture's file.</param>
    /// <param name="labels">The labels; those of the options where there are none.</param>
    /// <param name="templates">Prompts; those of the options where there are none.</param>
    /// <param name="cancellation">Takes it out of the queue.</param>
    /// <exception cref="ApiException">The request is not as it should be, or the queue is full.</exception>
    public async Task<IReadOnlyList<ClipLabelScore>> ClassifyAsync(
        ReadOnlyMemory<byte> picture, IReadOnlyList<string> labels, IReadOnlyList<string> templates, CancellationToken cancellation)
    {
        if (labels.Count == 0) labels = options.Labels;
        if (labels.Count == 0)
            throw ApiException.BadRequest("The field 'labels' is missing, and the server was started without any.", "labels");
        if (templates.Count == 0) templates = options.Templates;
        var embedded = await cache.GetAsync(labels, templates, cancellation).ConfigureAwait(false);
        var image = (await engine.EmbedImagesAsync([picture], ["The image"], cancellation).ConfigureAwait(false))[0];
        var scores = new float[labels.Count];
        for (var i = 0; i < scores.Length; i++) scores[i] = TensorPrimitives.Dot(embedded[i], image);
        engine.Model.RequireScoring().Apply(scores);
        return scores.TopLabels(labels, labels.Count);
    }
}
