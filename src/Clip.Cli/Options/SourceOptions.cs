using System.CommandLine;
using Clip.Trainer.Data.Sources;

namespace Clip.Cli.Options;

/// <summary>What a command's data are and how they are laid out; named as open_clip's options where it has them.</summary>
internal sealed class SourceOptions
{
    private readonly TableOptions _table = new();
    private readonly Option<string> _type = new("--dataset-type")
    {
        Description = "csv, webdataset, parquet or imagefolder; auto goes by the name's end, and for a folder by what is in it.",
        DefaultValueFactory = _ => RecordSourceOptions.Auto,
    };

    private readonly Option<string[]?> _captionKeys = new("--caption-key")
    {
        Description = "Keys of captions in a WebDataset's .json, or Parquet's columns of captions; one caption is drawn each epoch.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _imageKey = new("--image-key") { Description = "Parquet's column of images." };
    private readonly Option<string?> _templates = new("--caption-templates")
    {
        Description = "Captions for a folder of classes: a file with a sentence a line, {} for the class.",
    };

    public SourceOptions() => _type.AcceptOnlyFromAmong(
        RecordSourceOptions.Auto, RecordSourceOptions.Csv, RecordSourceOptions.WebDataset,
        RecordSourceOptions.Parquet, RecordSourceOptions.ImageFolder);

    public IEnumerable<Option> All => [_type, _table.Separator, _table.ImageKey, _table.CaptionKeys, _captionKeys, _imageKey, _templates];

    public RecordSourceOptions Parse(ParseResult parsed)
    {
        var options = new RecordSourceOptions
        {
            Type = parsed.GetValue(_type)!,
            Table = _table.Parse(parsed),
            CaptionKeys = parsed.GetValue(_captionKeys) is { Length: > 0 } keys ? keys : null,
            ImageKey = parsed.GetValue(_imageKey),
        };
        return parsed.GetValue(_templates) is { } file ? options with { Templates = LineFile.Read(file, _templates.Name) } : options;
    }
}
