using System.Text;

namespace Clip.Conversion.Onnx;

/// <summary>Steps through the fields of a protobuf message where it lies (protobuf.dev, Encoding), without a copy.</summary>
internal ref struct ProtoFields(ReadOnlySpan<byte> message, string path)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The value of a field that is a number.</summary>
    public long Value { get; private set; }

    /// <summary>The content of a field that is a message, a text or bytes; empty for a number.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="ClipException">The message is damaged.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        var tag = Varint(ref _rest, path);
        (Number, Value) = ((int)(tag >> 3), 0);
        Bytes = default;
        switch (tag & 7)
        {
            case 0: Value = (long)Varint(ref _rest, path); break;
            case 1: Take(8); break;
            case 2: Bytes = Take(Varint(ref _rest, path)); break;
            case 5: Take(4); break;
            default: throw Broken(path);
        }

        return true;
    }

    /// <summary>The content as text.</summary>
    public readonly string Text() => Encoding.UTF8.GetString(Bytes);

    /// <summary>Takes a number of variable length off the front.</summary>
    public static ulong Varint(ref ReadOnlySpan<byte> bytes, string path)
    {
        ulong value = 0;
        for (var i = 0; i < Math.Min(10, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return value;
        }

        throw Broken(path);
    }

    private static ClipException Broken(string path) => new($"{path} is not an ONNX file, or it is cut off; get it again.");

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw Broken(path);
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
