using System.Globalization;
using System.Text;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data;

/// <summary>
/// Text files, read exactly or not at all: what is not in the encoding is an error that names the line and the byte, and never becomes
/// U+FFFD in a caption. A byte order mark says what the encoding is; without one it is UTF-8, or the one that is given.
/// </summary>
internal static class TextFile
{
    private static readonly Encoding Utf8 = new UTF8Encoding(true, throwOnInvalidBytes: true);

    /// <summary>The encoding of a name, as .NET or Python call it, which refuses what it cannot decode.</summary>
    /// <exception cref="ClipException">There is none of the name.</exception>
    public static Encoding Named(string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var plain = name.Trim().ToLowerInvariant();
        var dashed = plain.Replace('_', '-').Replace("utf-8-sig", "utf-8", StringComparison.Ordinal);
        string[] spellings =
        [
            plain, dashed, dashed.Replace("latin-", "latin", StringComparison.Ordinal),
            dashed.Replace("utf", "utf-", StringComparison.Ordinal),
            dashed.Replace("-le", "le", StringComparison.Ordinal).Replace("-be", "be", StringComparison.Ordinal),
            dashed.Replace("iso8859", "iso-8859", StringComparison.Ordinal),
        ];
        foreach (var candidate in spellings)
        {
            try
            {
                return candidate.StartsWith("cp", StringComparison.Ordinal)
                    && int.TryParse(candidate.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var page)
                    ? Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                    : Encoding.GetEncoding(candidate, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                // Perhaps by its next spelling.
            }
        }

        throw new ClipException(
            $"'{name}' is no encoding that is known; give utf-8, utf-16, windows-1252, latin1, shift_jis, gb18030, big5 or another.");
    }

    /// <summary>Opens a text file; what reads it turns failures to decode into <see cref="NotDecodable"/>.</summary>
    /// <param name="path">A regular file.</param>
    /// <param name="encoding">What it is in where it has no byte order mark; null for UTF-8. Becomes what it is read in.</param>
    /// <exception cref="ClipException">A Git LFS pointer or a web page lies in its place.</exception>
    public static StreamReader Open(string path, ref Encoding? encoding)
    {
        var file = RegularFile.Open(path);
        Span<byte> start = stackalloc byte[256];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (RegularFile.Impostor(start) is { } impostor)
        {
            file.Dispose();
            throw new ClipException($"{path} is {impostor}.");
        }

        encoding = Mark(start[..Math.Min(4, start.Length)]) ?? encoding ?? Utf8;
        return new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
    }

    /// <summary>The lines of a text file in UTF-8, or in what its byte order mark says.</summary>
    /// <exception cref="ClipException">It is in something else.</exception>
    public static IEnumerable<string> ReadLines(string path)
    {
        Encoding? encoding = null;
        using var reader = Open(path, ref encoding);
        while (true)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (DecoderFallbackException)
            {
                throw NotDecodable(path, encoding!, "save it as UTF-8");
            }

            if (line is null) yield break;
            yield return line;
        }
    }

    /// <summary>A whole text in UTF-8, or in what its byte order mark says.</summary>
    /// <exception cref="InvalidDataException">It is in something else.</exception>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        var encoding = Mark(text) ?? Utf8;
        try
        {
            return encoding.GetString(text[(text.StartsWith(encoding.Preamble) ? encoding.Preamble.Length : 0)..]);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"the text is not {Name(encoding)}: {Hex(e)} at offset {Math.Max(0, e.Index)}"), e);
        }
    }

    /// <summary>The error of a file that is not in its encoding: the first place that is not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">What it was read in.</param>
    /// <param name="remedy">What to do about it.</param>
    public static ClipException NotDecodable(string path, Encoding encoding, string remedy)
    {
        using var file = RegularFile.Open(path);
        var bytes = new byte[1 << 16];
        var start = bytes.AsSpan(0, file.ReadAtLeast(bytes.AsSpan(0, FileFormat.HeaderLength), FileFormat.HeaderLength, false));
        if (FileFormat.Find(start) is { } format)
            return new ClipException($"{path} is not a text file but {format.Name}; give a text file.");
        if (encoding == Utf8 && start.Contains((byte)0)) return new ClipException($"{path} is not a text file in UTF-8; {remedy}.");
        file.Position = 0;
        var decoder = encoding.GetDecoder();
        var chars = new char[encoding.GetMaxCharCount(bytes.Length)];
        long done = 0, line = 1;
        while (true)
        {
            var read = file.Read(bytes);
            try
            {
                var count = decoder.GetChars(bytes.AsSpan(0, read), chars, flush: read == 0);
                line += chars.AsSpan(0, count).Count('\n');
                done += read;
            }
            catch (DecoderFallbackException e)
            {
                if (e.Index > 0)
                {
                    var lenient = (Encoding)encoding.Clone();
                    lenient.DecoderFallback = DecoderFallback.ReplacementFallback;
                    line += lenient.GetString(bytes, 0, e.Index).AsSpan().Count('\n');
                }

                return new ClipException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}, line {line}: {Hex(e)} at offset {done + e.Index} of the file is not {Name(encoding)}; {remedy}."));
            }

            if (read == 0) return new ClipException($"{path} is not {Name(encoding)}; {remedy}.");
        }
    }

    /// <summary>What a byte order mark says; null where there is none.</summary>
    private static Encoding? Mark(ReadOnlySpan<byte> start) => start switch
    {
        [0xEF, 0xBB, 0xBF, ..] => Utf8,
        [0xFF, 0xFE, 0, 0, ..] => new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0, 0, 0xFE, 0xFF, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        _ => null,
    };

    private static string Name(Encoding encoding) => encoding.WebName.ToUpperInvariant();

    private static string Hex(DecoderFallbackException e) =>
        e.BytesUnknown is { Length: > 0 } bytes ? $"byte 0x{Convert.ToHexString(bytes[..1])}" : "the end";
}
