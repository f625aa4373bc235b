using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation;

/// <summary>A picture whose right label is known.</summary>
internal sealed class LabeledImage
{
    public string ImagePath { get; set; } = "";

    public string Class { get; set; } = "";

    /// <summary>Reads a picture that is no file of its own; null for one that is.</summary>
    internal Func<byte[]>? Content { get; init; }

    /// <summary>The picture's file, from wherever it lies.</summary>
    internal byte[] Read()
    {
        if (Content is not null) return Content();
        using var bytes = ImageBytes.OfFile(ImagePath);
        return bytes.Span.ToArray();
    }
}

/// <summary>A set of labeled pictures to measure zero-shot accuracy on.</summary>
/// <param name="Name">The set's, in reports.</param>
/// <param name="Images">The pictures.</param>
/// <param name="Labels">Every candidate, the pictures' own among them.</param>
/// <param name="Templates">Prompts with a place for the label; null for the default.</param>
internal sealed record LabeledSet(
    string Name, IReadOnlyList<LabeledImage> Images, IReadOnlyList<string> Labels, IReadOnlyList<string>? Templates)
{
    /// <summary>Checks that there is something to choose from, and that each picture's label is among the candidates.</summary>
    /// <exception cref="ClipException">It is not so.</exception>
    public LabeledSet Validate()
    {
        if (Labels.Count < 2)
            throw new ClipException($"{Name} has one label, and with nothing to choose from there is no accuracy; give at least two.");
        var known = new HashSet<string>();
        if (Labels.FirstOrDefault(label => !known.Add(label)) is { } twice)
            throw new ClipException($"The label '{twice}' of {Name} comes twice; keep one of them.");
        return Images.FirstOrDefault(i => !known.Contains(i.Class)) is { } stray
            ? throw new ClipException(
                $"The class '{stray.Class}' of {stray.ImagePath} is not among the {Labels.Count} labels; add it to the labels file.")
            : this;
    }

    /// <summary>The pictures of a table, or of a folder with a folder for each class (<see cref="PictureFiles"/> has the rule).</summary>
    /// <param name="path">A table or a folder.</param>
    /// <param name="table">The table's layout; its one caption key is the label's column.</param>
    /// <param name="onBad">Told of rows that cannot be used; null makes them errors.</param>
    /// <exception cref="ClipException">There is no such thing, or it has no pictures.</exception>
    public static IReadOnlyList<LabeledImage> ReadImages(string path, CaptionTableOptions table, Action<string, string>? onBad = null) =>
        Directory.Exists(path)
            ? [.. PictureFiles.InClasses(path).Select(picture => new LabeledImage { ImagePath = picture.File, Class = picture.Class })]
            : [.. CaptionTable.Read(path, table, onBad).Select(row => new LabeledImage { ImagePath = row.Path, Class = row.Captions[0] })];
}
