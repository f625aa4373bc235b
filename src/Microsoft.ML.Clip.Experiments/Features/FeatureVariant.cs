namespace Microsoft.ML.Clip.Experiments.Features;

/// <summary>What features are computed of.</summary>
/// <param name="ModelFolders">The models, whose features lie beside each other.</param>
/// <param name="Views">The views of a picture, whose features are averaged.</param>
/// <param name="UsesImages">Whether pictures are a part of it.</param>
/// <param name="UsesTexts">Whether texts are a part of it.</param>
internal sealed record FeatureVariant(
    IReadOnlyList<string> ModelFolders, ClipImageViews Views, bool UsesImages, bool UsesTexts)
{
    /// <summary>Its name, readable: <c>image</c>, <c>image mirrored</c>, <c>image + text (2 models)</c>.</summary>
    public string Name
    {
        get
        {
            var views = Views switch { ClipImageViews.Center => "", ClipImageViews.Mirrored => " mirrored", _ => " crops" };
            List<string> inputs = [];
            if (UsesImages) inputs.Add($"image{views}");
            if (UsesTexts) inputs.Add("text");
            var models = ModelFolders.Count == 1
                ? Path.GetFileName(Path.TrimEndingDirectorySeparator(ModelFolders[0]))
                : $"{ModelFolders.Count} models";
            return $"{string.Join(" + ", inputs)} ({models})";
        }
    }
}
