using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Finds the output of a tower that lies in the space of images and texts. Exports of a bare <c>CLIPTextModel</c> or
/// <c>CLIPVisionModel</c> put out <c>pooler_output</c> without the projection into it; its width may be the embedding's all the same, so
/// its name and what <c>config.json</c> tells of widths decide. SigLIP has no projection: there <c>pooler_output</c> is the embedding.
/// </summary>
internal static class TowerOutput
{
    private const string Pooled = "pooler_output";

    private static readonly string[] ImageNames = ["image_embeds", "image_features", "image_embedding", "image_embeddings"];
    private static readonly string[] TextNames = ["text_embeds", "text_features", "text_embedding", "text_embeddings"];

    public static string FindImage(OnnxSession session) => Find(session, ImageNames, TextNames);

    public static string FindText(OnnxSession session) => Find(session, TextNames, ImageNames);

    /// <summary>Refuses features that are not projected.</summary>
    /// <param name="session">The tower's session.</param>
    /// <param name="output">What was found.</param>
    /// <param name="dimension">Its width.</param>
    /// <param name="config">What the folder tells; null for a saved tower, which was looked at when its folder was opened.</param>
    /// <exception cref="InvalidDataException">They are not, or cannot be told from such.</exception>
    public static void RequireProjected(OnnxSession session, string output, int dimension, ClipFolderConfig? config)
    {
        var isText = OnnxSignature.Pixels(session) is null;
        if (config is null || config.IsSiglip || ImageNames.Contains(output) || TextNames.Contains(output)) return;
        var width = isText ? config.TextWidth : config.VisionWidth;
        var isProjected = config.Dimension switch
        {
            { } projected when projected != dimension => false,
            { } projected when width is { } before && before != projected => true,
            _ => !output.Contains("pool", StringComparison.OrdinalIgnoreCase)
                && !output.Contains("hidden", StringComparison.OrdinalIgnoreCase),
        };
        if (isProjected) return;
        var (tower, name, model) = isText
            ? ("text", TextNames[0], "CLIPTextModelWithProjection")
            : ("image", ImageNames[0], "CLIPVisionModelWithProjection");
        throw new InvalidDataException(
            $"'{session.File.Path}' puts out unprojected features ('{output}', {dimension} numbers), which do not lie in the space of "
            + $"images and texts; export the {tower} tower with its projection, as '{name}' (transformers: {model}).");
    }

    private static string Find(OnnxSession session, string[] names, string[] others)
    {
        var vectors = session.Outputs.Where(o => OnnxSignature.IsFloat(o.Value) && o.Value.Dimensions.Length == 2).Select(o => o.Key)
            .Where(name => !others.Contains(name)).ToList();
        if (names.FirstOrDefault(vectors.Contains) is { } known) return known;

        // In a graph of both towers, an output of no telling name could be either's.
        var isCombined = OnnxSignature.Pixels(session) is not null && OnnxSignature.TokenIds(session) is not null;
        if (!isCombined && vectors.Contains(Pooled)) return Pooled;
        return !isCombined && vectors is [var only] ? only : throw new InvalidDataException(
            $"'{session.File.Path}' has no output '{names[0]}' [batch, dimension]; it has {string.Join(", ", session.Outputs.Keys)}.");
    }
}
