using System.CommandLine;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>Which model an index is of, so that nobody has to name it twice.</summary>
internal static class SearchedModel
{
    /// <summary>What the model of an index is called; null where there is no index, or it does not say.</summary>
    public static string? Of(string path)
    {
        if (!File.Exists(path)) return null;
        using var index = ClipImageIndex.Open(path);
        return index.ModelName;
    }

    /// <summary>The model to use: the one that is given, else that of an index, else the default.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The option that names one.</param>
    /// <param name="known">Tells the index's, null where it has none; asked only where none is given.</param>
    public static string Name(ParseResult parsed, Option<string> model, Func<string?> known) =>
        (parsed.GetResult(model) is { Implicit: false } ? null : known()) ?? parsed.GetValue(model)!;

    /// <summary>A name that stands for the same model wherever the command is run.</summary>
    public static string Lasting(string model) => Directory.Exists(model) ? Path.GetFullPath(model) : model;
}
