namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// Finds the output of a tower that lies in the space of images and texts. Exports of a bare <c>CLIPTextModel</c> or
/// <c>CLIPVisionModel</c> put out <c>pooler_output</c> without the projection into it; those are refused where a folder is opened.
/// </summary>
internal static class TowerOutput
{
    public static readonly string[] ImageNames = ["image_embeds", "image_features", "image_embedding", "image_embeddings"];
    public static readonly string[] TextNames = ["text_embeds", "text_features", "text_embedding", "text_embeddings"];

    private const string Pooled = "pooler_output";

    /// <summary>The name of the image tower's output; null where the graph has none that can be told.</summary>
    public static string? Image(OnnxSignature graph) => Find(graph, ImageNames, TextNames);

    /// <summary>The name of the text tower's output; null where the graph has none that can be told.</summary>
    public static string? Text(OnnxSignature graph) => Find(graph, TextNames, ImageNames);

    /// <exception cref="InvalidDataException">The graph has none that can be told.</exception>
    public static string RequireImage(OnnxSignature graph) => Image(graph) ?? throw Missing(graph, ImageNames);

    /// <exception cref="InvalidDataException">The graph has none that can be told.</exception>
    public static string RequireText(OnnxSignature graph) => Text(graph) ?? throw Missing(graph, TextNames);

    private static string? Find(OnnxSignature graph, string[] names, string[] others)
    {
        var vectors = graph.Outputs.Where(o => o.Value.IsFloat && o.Value.Dimensions.Length == 2).Select(o => o.Key)
            .Where(name => !others.Contains(name)).ToList();
        if (names.FirstOrDefault(vectors.Contains) is { } known) return known;

        // In a graph of both towers, an output of no telling name could be either's.
        var isCombined = graph.Pixels is not null && graph.TokenIds is not null;
        if (!isCombined && vectors.Contains(Pooled)) return Pooled;
        return !isCombined && vectors is [var only] ? only : null;
    }

    private static InvalidDataException Missing(OnnxSignature graph, string[] names) => new(
        $"'{graph.Path}' has no output '{names[0]}' [batch, dimension]; it has {string.Join(", ", graph.Outputs.Keys)}.");
}
