using System.CommandLine;
using Clip.Trainer.Data;

namespace Clip.Cli.Options;

/// <summary>How a command's tables are laid out; named as open_clip's options.</summary>
internal sealed class TableOptions
{
    private static readonly CaptionTableOptions Defaults = new();

    public Option<string> Separator { get; } = new("--csv-separator")
    {
        Description = "What separates the table's cells.",
        DefaultValueFactory = _ => "\t",
    };

    public Option<string> ImageKey { get; } = new("--csv-img-key")
    {
        Description = "Header of the image path's column.",
        DefaultValueFactory = _ => Defaults.ImageKey,
    };

    public Option<string[]> CaptionKeys { get; } = new("--csv-caption-key")
    {
        Description = "Headers of the captions' columns; one caption is drawn each epoch.",
        DefaultValueFactory = _ => [.. Defaults.CaptionKeys],
        AllowMultipleArgumentsPerToken = true,
    };

    public CaptionTableOptions Parse(ParseResult parsed) => new()
    {
        Separator = OneCharacter(parsed.GetValue(Separator)!),
        ImageKey = parsed.GetValue(ImageKey)!,
        CaptionKeys = parsed.GetValue(CaptionKeys)!,
    };

    public static char OneCharacter(string separator) => separator switch
    {
        "\\t" or "tab" => '\t',
        { Length: 1 } => separator[0],
        _ => throw new ClipException($"--csv-separator '{separator}' is not one character; give one, or 'tab'."),
    };
}
