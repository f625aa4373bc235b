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

    /// <summary>A name that stands for the same model wherever the command is run.</summary>
    public static string Lasting(string model) => Directory.Exists(model) ? Path.GetFullPath(model) : model;
}
