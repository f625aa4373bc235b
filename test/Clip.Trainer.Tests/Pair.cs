using Clip.Data;
using Microsoft.ML;

namespace Clip.Trainer.Tests;

/// <summary>A row that <see cref="ClipContrastiveEstimator"/> is fitted on: a picture's path and its caption.</summary>
internal sealed class Pair
{
    public string Path { get; set; } = "";

    public string Caption { get; set; } = "";

    /// <summary>The dozen of a tiny run.</summary>
    public static IDataView Of(MLContext ml, TinyRun run) => ml.Data.LoadFromEnumerable(
        CaptionTable.Read(run.Table).Select(row => new Pair { Path = row.Path, Caption = row.Captions[0] }).ToArray());

    /// <summary>Settings that train its model on them into a folder of its.</summary>
    public static ClipContrastiveEstimator.Options Options(TinyRun run, string folder) => new()
    {
        ImageColumnName = nameof(Path),
        CaptionColumnName = nameof(Caption),
        ModelFolder = run.Folder[folder],
        Model = run.ConfigFile,
        VocabSize = 520,
        Training = run.Options,
    };
}
