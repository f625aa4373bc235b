using System.Text;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Formats;

/// <summary>
/// Walks the protobuf structure of an ONNX file without reading its weights (wire format: protobuf's encoding guide; field numbers of
/// the messages: onnx.proto).
/// </summary>
internal sealed class OnnxReader : IDisposable
{
    private readonly FileStream _file;

    private OnnxReader(FileStream file) => _file = file;

    /// <summary>Where the field begins that <see cref="Fields"/> gave last: at its number.</summary>
    public long FieldStart { get; private set; }

    /// <summary>What is read next: of a field with an end, just given, its first byte.</summary>
    public long Position => _file.Position;

    /// <summary>Reads something of a file, with an error that names it where it is none of ONNX.</summary>
    /// <exception cref="InvalidDataException">It is not an ONNX file, or it is cut off.</exception>
    public static T Read<T>(string path, Func<OnnxReader, long, T> read)
    {
        using var reader = new OnnxReader(RegularFile.Open(path, FileOptions.RandomAccess));
        try
        {
            return read(reader, reader._file.Length);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException)
        {
            throw new InvalidDataException($"'{path}' is not an ONNX file, or it is cut off.", e);
        }
    }

    /// <summary>
    /// The fields of a message that ends at <paramref name="end"/>: each field's number, its value if it is a number, and where it ends if
    /// it is a message, a text or bytes (else 0). What the caller does not read of a field is passed over.
    /// </summary>
    public IEnumerable<(int Field, ulong Number, long End)> Fields(long end)
    {
        while (_file.Position < end)
        {
            var start = _file.Position;
            var tag = ReadVarint();
            FieldStart = start;
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (field, ReadVarint(), 0);
                    break;
                case 1:
                    Skip(8, end);
                    break;
                case 5:
                    Skip(4, end);
                    break;
                case 2:
                    var length = (long)ReadVarint();
                    if (length < 0 || length > end - _file.Position) throw new EndOfStreamException();
                    var after = _file.Position + length;
                    yield return (field, 0, after);
                    if (_file.Position != after) _file.Seek(after, SeekOrigin.Begin);
                    break;
                default:
                    throw new EndOfStreamException();
            }
        }
    }

    /// <summary>Fills <paramref name="bytes"/> with those from <paramref name="start"/> on.</summary>
    public void ReadBytes(long start, Span<byte> bytes)
    {
        _file.Seek(start, SeekOrigin.Begin);
        _file.ReadExactly(bytes);
    }

    /// <summary>The text that reaches from here to <paramref name="end"/>.</summary>
    public string ReadText(long end)
    {
        var bytes = new byte[checked((int)(end - _file.Position))];
        _file.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    public void Dispose() => _file.Dispose();

    private void Skip(long count, long end)
    {
        if (count > end - _file.Position) throw new EndOfStreamException();
        _file.Seek(count, SeekOrigin.Current);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = _file.ReadByte();
            if (next < 0) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw new EndOfStreamException();
    }
}
