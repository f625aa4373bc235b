using Clip.Trainer.Data;

namespace Clip.Trainer.Evaluation;

/// <summary>A picture whose right label is known.</summary>
internal sealed class LabeledImage
{
    public string ImagePath { get; set; } = "";

    public string Class { get; set; } = "";
}

/// <summary>A set of labeled pictures to measure zero-shot accuracy on.</summary>
/// <param name="Name">The set's, in reports.</param>
/// <param name="Images">The pictures.</param>
/// <param name="Labels">Every candidate, the pictures' own among them.</param>
/// <param name="Templates">Prompts with a place for the label; null for the default.</param>
internal sealed record LabeledSet(
    string Name, IReadOnlyList<LabeledImage> Images, IReadOnlyList<string> Labels, IReadOnlyList<string>? Templates)
{
    private static readonly string[] Endings = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

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

    /// <summary>The pictures of a table, or of a folder with a folder for each class.</summary>
    /// <param name="path">A table or a folder.</param>
    /// <param name="table">The table's layout; its one caption key is the label's column.</param>
    /// <exception cref="ClipException">There is no such thing, or it has no pictures.</exception>
    public static IReadOnlyList<LabeledImage> ReadImages(string path, CaptionTableOptions table)
    {
        if (!Directory.Exists(path))
            return [.. CaptionTable.Read(path, table).Select(row => new LabeledImage { ImagePath = row.Path, Class = row.Captions[0] })];
        var images = Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal)
            .SelectMany(folder => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
                .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                .Select(file => new LabeledImage { ImagePath = file, Class = Path.GetFileName(folder) }))
            .ToArray();
        return images.Length > 0
            ? images
            : throw new ClipException($"The folder {path} has no pictures in folders of their classes; lay them as {path}/cat/1.jpg.");
    }
}
