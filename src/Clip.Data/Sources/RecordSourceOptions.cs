using Microsoft.ML.Clip;

namespace Clip.Data.Sources;

/// <summary>What a source is made of, and how its records are laid out.</summary>
internal sealed record RecordSourceOptions
{
    public const string Auto = "auto", Csv = "csv", WebDataset = "webdataset", Parquet = "parquet", ImageFolder = "imagefolder";

    /// <summary>One of the kinds, or <see cref="Auto"/>: by the name's end, and for a folder by what is in it.</summary>
    public string Type { get; init; } = Auto;

    /// <summary>A table's layout.</summary>
    public CaptionTableOptions Table { get; init; } = new();

    /// <summary>A WebDataset's keys of captions in .json, or Parquet's columns of captions; null finds the usual ones.</summary>
    public IReadOnlyList<string>? CaptionKeys { get; init; }

    /// <summary>Parquet's column of images; null finds the usual ones.</summary>
    public string? ImageKey { get; init; }

    /// <summary>The captions of a folder of classes, and of shards with classes.</summary>
    public IReadOnlyList<string> Templates { get; init; } = PromptTemplates.Default;

    /// <summary>The endings of images in shards; null for the usual ones.</summary>
    public IReadOnlyList<string>? ImageEndings { get; init; }

    /// <summary>The endings of captions in shards; null for <c>txt</c>, <c>json</c> and <c>cls</c>.</summary>
    public IReadOnlyList<string>? CaptionEndings { get; init; }

    /// <summary>
    /// The names of the classes in shards (<c>.cls</c>); null for those in <c>classnames.txt</c> beside them. Where they are given, a
    /// Parquet's captions may be numbers of classes.
    /// </summary>
    public ClassNames? ClassNames { get; init; }

    /// <summary>Whether named pipes stand for shards: what comes out of them is kept in temporary files.</summary>
    public bool Pipes { get; init; }

    /// <summary>
    /// Whether records that show the same image are one with all their captions, of which an epoch shows one: so none is its own negative.
    /// </summary>
    public bool GroupByImage { get; init; } = true;

    /// <summary>How often an epoch shows the records of each joined source; null shows all once.</summary>
    public IReadOnlyList<double>? UpsamplingFactors { get; init; }
}
