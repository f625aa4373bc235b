using Clip.Data;

namespace Clip.Evaluation;

/// <summary>A picture and the captions that belong to it.</summary>
internal sealed class CaptionedPicture : StoredImage
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];
}

/// <summary>Pictures and captions to find by each other. A picture is one entry, however many captions it has.</summary>
/// <param name="Name">The set's, in reports.</param>
/// <param name="Images">The pictures with their captions.</param>
internal sealed record RetrievalSet(string Name, IReadOnlyList<CaptionedPicture> Images)
{
    /// <summary>How many captions there are.</summary>
    public int CaptionCount => Images.Sum(image => image.Captions.Count);

    /// <summary>The name of the known data set that this is, as published results have it; null for any other.</summary>
    public string? Known { get; init; }

    /// <summary>Rows of captioned image files, of which each file comes once.</summary>
    public static RetrievalSet Of(string name, IReadOnlyList<CaptionedImage> rows) =>
        new(name, [.. rows.Select(row => new CaptionedPicture { ImagePath = row.Path, Captions = row.Captions })]);
}
