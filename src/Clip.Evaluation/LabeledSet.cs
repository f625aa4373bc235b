using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation;

/// <summary>A picture whose right label is known.</summary>
internal sealed class LabeledImage : StoredImage
{
    private IReadOnlyList<string>? _classes;

    /// <summary>The right label; of a set of several right labels the first, or nothing where a picture shows none of them.</summary>
    public string Class { get; set; } = "";

    /// <summary>All right labels: <see cref="Class"/> alone, but in a set where a picture may have any number of them.</summary>
    internal IReadOnlyList<string> Classes
    {
        get => _classes ?? [Class];
        init => (_classes, Class) = (value, value.Count > 0 ? value[0] : "");
    }

    /// <summary>
    /// What the picture is one of several views of, such as the video of a frame: those of one group are also judged together, by the
    /// mean of their scores. Null where each stands by itself.
    /// </summary>
    internal string? Group { get; init; }

    /// <summary>The same picture with other names of its labels.</summary>
    internal LabeledImage Renamed(IReadOnlyList<string> classes) => new()
    {
        ImagePath = ImagePath,
        Content = Content,
        Container = Container,
        Group = Group,
        Classes = classes,
    };
}

/// <summary>A set of labeled pictures to measure accuracy on.</summary>
/// <param name="Name">The set's, in reports.</param>
/// <param name="Images">The pictures.</param>
/// <param name="Labels">Every candidate, the pictures' own among them.</param>
/// <param name="Templates">Prompts with a place for the label; null for the default.</param>
internal sealed record LabeledSet(
    string Name, IReadOnlyList<LabeledImage> Images, IReadOnlyList<string> Labels, IReadOnlyList<string>? Templates)
{
    /// <summary>Whole prompts for some labels, used instead of the templates (CuPL); null for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Prompts { get; init; }

    /// <summary>Whether a picture may have any number of right labels (VOC2007), which is measured by average precision.</summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>
    /// Whether labels may be one text to the model, as in published lists of names: of ImageNet's two are "sunglasses". They then share
    /// every picture of theirs. Otherwise such labels are a mistake.
    /// </summary>
    public bool MayHaveTwins { get; init; }

    /// <summary>The name of the known data set that this is, as published results have it; null for any other.</summary>
    public string? Known { get; init; }

    /// <summary>Checks that there is something to choose from, and that each picture's label is among the candidates.</summary>
    /// <exception cref="ClipException">It is not so.</exception>
    public LabeledSet Validate()
    {
        if (Labels.Count < 2)
            throw new ClipException($"{Name} has one label, and with nothing to choose from there is no accuracy; give at least two.");
        var known = new HashSet<string>();
        if (Labels.FirstOrDefault(label => !known.Add(label)) is { } twice)
            throw new ClipException($"The label '{twice}' of {Name} comes twice; keep one of them.");
        var stray = Images.SelectMany(image => image.Classes, (image, name) => (image.ImagePath, Class: name))
            .FirstOrDefault(pair => !known.Contains(pair.Class));
        return stray.Class is not null
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
