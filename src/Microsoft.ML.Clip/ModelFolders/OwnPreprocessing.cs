namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>
/// What to do where nothing tells the preprocessing. OpenAI's models all have one mean and deviation and are of few sizes; a model of
/// another size was trained by others, with what numbers nobody can see in its graph.
/// </summary>
internal static class OwnPreprocessing
{
    /// <summary>Sides of the nine models that openai/CLIP's <c>clip.available_models()</c> lists.</summary>
    private static readonly int[] PublishedSizes = [224, 288, 336, 384, 448];

    /// <summary>CLIP's own, for an image tower's input of [batch, 3, height, width].</summary>
    /// <exception cref="InvalidDataException">The model is not one of CLIP's own.</exception>
    public static ClipImagePreprocessing For(int[] shape, string path, ClipFolderConfig config)
    {
        var (height, width) = (shape[2], shape[3]);
        if (height == width && PublishedSizes.Contains(height) && !config.IsSiglip) return ClipImagePreprocessing.ForSize(height);
        var why = config.IsSiglip ? "is a SigLIP, which has other numbers than CLIP,"
            : height <= 0 || width <= 0 ? "does not fix its image size"
            : $"takes images of {height}×{width}, which is no size of OpenAI's models,";
        throw new InvalidDataException(
            $"'{path}' {why} and its folder does not tell how pictures are prepared: put the model's preprocessor_config.json into it, or "
            + "set ClipModelOptions.Preprocessing.");
    }
}
