using Microsoft.ML.Clip;

namespace Clip.Trainer.Data.Sources;

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

    /// <summary>The captions of a folder of classes.</summary>
    public IReadOnlyList<string> Templates { get; init; } = PromptTemplates.Default;

    /// <summary>How often an epoch shows the records of each joined source; null shows all once.</summary>
    public IReadOnlyList<double>? UpsamplingFactors { get; init; }
}
