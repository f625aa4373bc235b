namespace Microsoft.ML.Clip;

/// <summary>A model of <see cref="ClipHub.KnownModels"/>. What is not published, or not known to be, is null.</summary>
/// <param name="Name">Its short name, such as <c>clip-vit-b-32</c>.</param>
/// <param name="Repository">Where it is, such as <c>Xenova/clip-vit-base-patch32</c>.</param>
/// <param name="IsConverted">Whether the repository has weights alone, which <c>clip pull</c> converts.</param>
/// <param name="Parameters">Millions of parameters, both towers together.</param>
/// <param name="Dimension">The length of an embedding.</param>
/// <param name="ImageSize">The side of the pictures it takes, in pixels.</param>
/// <param name="ImageNetTop1">The published zero-shot accuracy on ImageNet's 1,000 classes, in percent.</param>
/// <param name="Languages">The languages of its texts.</param>
/// <param name="License">The licence that its model card names.</param>
public sealed record ClipHubModel(
    string Name,
    string Repository,
    bool IsConverted,
    double? Parameters,
    int? Dimension,
    int? ImageSize,
    double? ImageNetTop1,
    string? Languages,
    string? License);
