using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;

namespace Clip.Conversion;

/// <summary>Opens the files of a model that others made, and says what lies in a file's place where it is none.</summary>
internal static class WeightFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="ClipException">It is absent, empty, a pipe or a device, a Git LFS pointer or a web page.</exception>
    public static FileStream Open(string path)
    {
        if (!File.Exists(path)) throw new ClipException($"There is no file {path}; give the path of a checkpoint.");
        FileStream file;
        try
        {
            file = RegularFile.Open(path, FileOptions.None);
        }
        catch (InvalidDataException e)
        {
            throw new ClipException(e.Message, e);
        }

        if (Impostor(file) is not { } impostor) return file;
        file.Dispose();
        throw new ClipException($"{path} is {impostor}.");
    }

    /// <summary>Reads a file of settings, which is bounded.</summary>
    /// <inheritdoc cref="Open"/>
    public static byte[] ReadSettings(string path) => Read(path, RegularFile.MaxSettings);

    /// <summary>Whether a file is there and what it seems: no pointer to a file that was not fetched, no web page.</summary>
    public static bool IsReal(string path)
    {
        try
        {
            if (!File.Exists(path)) return false;
            using var file = RegularFile.Open(path, FileOptions.None);
            return Impostor(file) is null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Reads a file that has at most so many bytes.</summary>
    /// <inheritdoc cref="Open"/>
    public static byte[] Read(string path, long maxBytes)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, maxBytes);
        }
        catch (InvalidDataException e)
        {
            throw new ClipException(e.Message, e);
        }
    }

    private static string? Impostor(FileStream file)
    {
        Span<byte> head = stackalloc byte[256];
        var count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return RegularFile.Impostor(head[..count]);
    }
}
