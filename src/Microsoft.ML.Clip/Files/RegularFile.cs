using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Files;

/// <summary>
/// Opens files where a file is meant. Opening a named pipe waits for its writer, perhaps for ever, and a device such as <c>/dev/zero</c>
/// never ends: only what tells a length is opened, and what is read whole is measured first. All errors name the file and the remedy.
/// </summary>
internal static class RegularFile
{
    /// <summary>What a JSON of settings may have; real ones have a few thousand bytes.</summary>
    public const long MaxSettings = 16L << 20;

    /// <summary>What a tokenizer's file may have; the largest of published ones (256,000 tokens) has 34 MB.</summary>
    public const long MaxTokenizer = 256L << 20;

    /// <summary>What an encoded picture may have.</summary>
    public const long MaxImage = 1L << 30;

    /// <summary>What an ONNX file may have: protobuf's own limit, beyond which weights lie in files of their own.</summary>
    public const long MaxOnnx = 1L << 31;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file, or a symbolic link to one.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is a folder, or has no length: empty, a pipe or a device.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream Open(string path, FileOptions options = FileOptions.SequentialScan)
    {
        Length(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, options);
        if (file.CanSeek) return file;
        file.Dispose();
        throw NoContent(path);
    }

    /// <summary>Reads a file of a known bound.</summary>
    /// <param name="path">The file, or a symbolic link to one.</param>
    /// <param name="maxBytes">The most bytes it may have.</param>
    /// <exception cref="InvalidDataException">
    /// It is none, as <see cref="Open"/> says, is larger, or is an <see cref="Impostor"/>.
    /// </exception>
    /// <inheritdoc cref="Open"/>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        using var file = Open(path);
        var content = new byte[Bounded(path, file.Length, maxBytes)];
        var read = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (Impostor(content) is { } impostor) throw new InvalidDataException($"'{path}' is {impostor}.");
        return read == content.Length ? content : content[..read];
    }

    /// <summary>Reads a file of a known bound as UTF-8, or as its byte order mark says.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, long maxBytes)
    {
        using var reader = new StreamReader(new MemoryStream(ReadAllBytes(path, maxBytes)), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The length of a file, which is not opened for it; never 0.</summary>
    /// <inheritdoc cref="Open"/>
    public static long Length(string path)
    {
        var info = Resolve(path);
        if (Directory.Exists(info.FullName)) throw new InvalidDataException($"'{path}' is a folder, not a file; name a file in it.");
        if (!info.Exists) throw new FileNotFoundException($"There is no file '{path}'.", path);

        // Pipes, sockets and devices tell no length. .NET does not say what they are, but neither has an empty file anything to read.
        return info.Length > 0 ? info.Length : throw NoContent(path);
    }

    /// <summary>Whether there is a file with anything in it; a pipe and a device tell of nothing.</summary>
    public static bool HasContent(string path) => Resolve(path) is { Exists: true, Length: > 0 };

    /// <summary>The same length, where it is no more than may be read.</summary>
    /// <exception cref="InvalidDataException">It is more.</exception>
    public static long Bounded(string path, long length, long maxBytes) => length <= maxBytes ? length : throw new InvalidDataException(
        string.Create(CultureInfo.InvariantCulture,
            $"'{path}' has {length:N0} bytes, more than the {maxBytes:N0} that such a file may have: it is not what its name says."));

    /// <summary>
    /// What often lies in a file's place: a Git LFS pointer (a clone without <c>git lfs pull</c>) or a web page (a download's error);
    /// <see langword="null"/> where it is neither. With the remedy, to stand behind "is".
    /// </summary>
    /// <param name="head">The file's first bytes, some hundred.</param>
    public static string? Impostor(ReadOnlySpan<byte> head)
    {
        var format = FileFormat.Find(head[..Math.Min(head.Length, FileFormat.HeaderLength)]);
        return format == FileFormat.LfsPointer ? "a Git LFS pointer, not the file itself: fetch it with git lfs pull"
            : format == FileFormat.Html ? "a web page, not the file itself: download it again"
            : null;
    }

    /// <summary>The file that a path leads to, links followed.</summary>
    public static FileInfo Resolve(string path)
    {
        var info = new FileInfo(path);
        return info.ResolveLinkTarget(returnFinalTarget: true) is { } target ? new FileInfo(target.FullName) : info;
    }

    private static InvalidDataException NoContent(string path) =>
        new($"'{path}' has no content: it is empty, or a pipe or a device, of which none is read in a file's place.");
}
