using System.CommandLine;
using Clip.Data.Sources;

namespace Clip.Cli.Options;

/// <summary>What a command's data are and how they are laid out; named as open_clip's options where it has them.</summary>
internal sealed class SourceOptions
{
    private readonly TableOptions _table;
    private readonly Option<string> _type = new("--dataset-type")
    {
        Description = "csv, webdataset, parquet or imagefolder; auto goes by the name's end, and for a folder by what is in it.",
        DefaultValueFactory = _ => RecordSourceOptions.Auto,
    };

    private readonly Option<string[]?> _captionKeys = new("--caption-key")
    {
        Description = "Keys of captions in a WebDataset's .json, or Parquet's columns of captions.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _imageKey = new("--image-key") { Description = "Parquet's column of images." };
    private readonly Option<string?> _templates = new("--caption-templates")
    {
        Description = "Captions for a folder of classes: a file with one sentence per line, {} for the class.",
    };

    private readonly Option<string[]?> _imageEndings = new("--image-ending")
    {
        Description = "Endings of pictures in a WebDataset, such as input.jpg; "
            + "without it the usual ones, and what is a picture by its bytes.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]?> _captionEndings = new("--caption-ending")
    {
        Description = "Endings of captions in a WebDataset; without it txt, json and cls.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> _pipes = new("--shard-pipes")
    {
        Description = "Takes named pipes as shards, and keeps what comes out of them in temporary files.",
    };

    private readonly Option<bool> _group = new("--group-by-image")
    {
        Description = "Makes one record, with all their captions, of rows that show the same picture; false leaves them apart.",
        DefaultValueFactory = _ => true,
    };

    /// <param name="trains">Whether the command trains.</param>
    public SourceOptions(bool trains = false)
    {
        _table = new TableOptions(trains);
        _type.AcceptOnlyFromAmong(
            RecordSourceOptions.Auto, RecordSourceOptions.Csv, RecordSourceOptions.WebDataset,
            RecordSourceOptions.Parquet, RecordSourceOptions.ImageFolder);
    }

    public IEnumerable<Option> All =>
        [_type, .. _table.All, _captionKeys, _imageKey, _templates, _imageEndings, _captionEndings, _pipes, _group];

    public RecordSourceOptions Parse(ParseResult parsed)
    {
        var options = new RecordSourceOptions
        {
            Type = parsed.GetValue(_type)!,
            Table = _table.Parse(parsed),
            CaptionKeys = parsed.GetValue(_captionKeys) is { Length: > 0 } keys ? keys : null,
            ImageKey = parsed.GetValue(_imageKey),
            ImageEndings = parsed.GetValue(_imageEndings) is { Length: > 0 } images ? images : null,
            CaptionEndings = parsed.GetValue(_captionEndings) is { Length: > 0 } captions ? captions : null,
            Pipes = parsed.GetValue(_pipes),
            GroupByImage = parsed.GetValue(_group),
        };
        return parsed.GetValue(_templates) is { } file ? options with { Templates = LineFile.Read(file, _templates.Name) } : options;
    }
}
