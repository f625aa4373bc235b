using System.Text.Json.Serialization;

namespace Clip.Evaluation.DataSets;

/// <summary>A file of COCO's captions.</summary>
internal sealed record CocoFile(IReadOnlyList<CocoImage>? Images, IReadOnlyList<CocoCaption>? Annotations);

/// <summary>A picture of COCO's.</summary>
internal sealed record CocoImage(
    [property: JsonRequired] long Id, [property: JsonPropertyName("file_name"), JsonRequired] string FileName);

/// <summary>A caption of COCO's.</summary>
internal sealed record CocoCaption(
    [property: JsonPropertyName("image_id"), JsonRequired] long ImageId, [property: JsonRequired] string Caption);

/// <summary>Karpathy's division of a set.</summary>
internal sealed record KarpathyFile(IReadOnlyList<KarpathyImage>? Images);

/// <summary>A picture of Karpathy's.</summary>
internal sealed record KarpathyImage(
    [property: JsonRequired] string FileName, string? FilePath, [property: JsonRequired] string Split,
    IReadOnlyList<KarpathySentence>? Sentences);

/// <summary>A caption of Karpathy's.</summary>
internal sealed record KarpathySentence([property: JsonRequired] string Raw);
