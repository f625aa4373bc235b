using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>
/// Refuses towers whose features are not projected into the space of images and texts. Their width may be the embedding's all the same,
/// so the output's name and what <c>config.json</c> tells of widths decide. SigLIP has no projection: there <c>pooler_output</c> is the
/// embedding.
/// </summary>
internal static class ProjectedFeatures
{
    /// <param name="graph">The tower's graph.</param>
    /// <param name="output">The output that its features are taken from.</param>
    /// <param name="dimension">Its width.</param>
    /// <param name="config">What the folder tells.</param>
    /// <exception cref="InvalidDataException">They are not projected, or cannot be told from such.</exception>
    public static void Require(OnnxSignature graph, string output, int dimension, ClipFolderConfig config)
    {
        var isText = graph.Pixels is null;
        if (config.IsSiglip || TowerOutput.ImageNames.Contains(output) || TowerOutput.TextNames.Contains(output)) return;
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
            ? ("text", TowerOutput.TextNames[0], "CLIPTextModelWithProjection")
            : ("image", TowerOutput.ImageNames[0], "CLIPVisionModelWithProjection");
        throw new InvalidDataException(
            $"'{graph.Path}' puts out unprojected features ('{output}', {dimension} numbers), which do not lie in the space of "
            + $"images and texts; export the {tower} tower with its projection, as '{name}' (transformers: {model}).");
    }
}
