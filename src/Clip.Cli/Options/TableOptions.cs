using System.CommandLine;
using Clip.Data;
using Clip.Trainer;

namespace Clip.Cli.Options;

/// <summary>How a command's tables are laid out; named as open_clip's options where it has them.</summary>
/// <param name="trains">Whether the command trains, and so draws one of several captions each epoch.</param>
internal sealed class TableOptions(bool trains = false)
{
    private const string Minimal = "minimal", Unquoted = "none";
    private static readonly CaptionTableOptions Defaults = new();

    private readonly Option<string> _separator = new("--csv-separator")
    {
        Description = "What separates the table's cells: one character, or tab.",
        DefaultValueFactory = _ => "tab",
    };

    private readonly Option<string> _quoting = Quoting();
    private readonly Option<string> _encoding = new("--csv-encoding")
    {
        Description = "What the table's text is in, where it has no byte order mark: windows-1252, utf-16, shift_jis ...",
        DefaultValueFactory = _ => "utf-8",
    };

    private readonly Option<string> _imageKey = new("--csv-img-key")
    {
        Description = "Header of the image path's column.",
        DefaultValueFactory = _ => Defaults.ImageKey,
    };

    private readonly Option<string[]> _captionKeys = new("--csv-caption-key")
    {
        Description = "Headers of the captions' columns" + (trains ? "; one caption is drawn each epoch." : "."),
        DefaultValueFactory = _ => [.. Defaults.CaptionKeys],
        AllowMultipleArgumentsPerToken = true,
    };

    public IEnumerable<Option> All => [.. Layout, _imageKey, _captionKeys];

    /// <summary>Those that tell how cells are parted, for a command that names its columns itself.</summary>
    public IEnumerable<Option> Layout => [_separator, _quoting, _encoding];

    public CaptionTableOptions Parse(ParseResult parsed) => ParseLayout(parsed) with
    {
        ImageKey = parsed.GetValue(_imageKey)!,
        CaptionKeys = parsed.GetValue(_captionKeys)!,
    };

    /// <summary>How cells are parted.</summary>
    public CaptionTableOptions ParseLayout(ParseResult parsed) => new()
    {
        Separator = OneCharacter(parsed.GetValue(_separator)!),
        Quotes = parsed.GetValue(_quoting) == Minimal,
        Encoding = TextFile.Named(parsed.GetValue(_encoding)!),
    };

    private static char OneCharacter(string separator) => separator switch
    {
        "\\t" or "tab" => '\t',
        ['"' or '\n' or '\r' or '\0'] => throw new ClipException(
            "--csv-separator can be neither a quote nor a line's end; give what stands between the cells, such as , or tab."),
        { Length: 1 } => separator[0],
        _ => throw new ClipException($"--csv-separator '{separator}' is not one character; give one, or 'tab'."),
    };

    private static Option<string> Quoting()
    {
        var option = new Option<string>("--csv-quoting")
        {
            Description = "minimal: a cell in quotes may hold separators, line ends and doubled quotes, as pandas writes it; "
                + "none: a quote is a quote.",
            DefaultValueFactory = _ => Minimal,
        };
        return option.AcceptOnlyFromAmong(Minimal, Unquoted);
    }
}
