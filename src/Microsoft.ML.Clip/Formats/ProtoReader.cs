using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip.Formats;

/// <summary>Steps over the fields of a protobuf message where it lies in memory (protobuf.dev, Encoding), without a copy.</summary>
/// <param name="message">The message.</param>
/// <param name="path">The file it is in, for errors.</param>
/// <param name="kind">What the file should be, for errors.</param>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, string path, string kind = "SentencePiece model")
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The current field's number.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, where it is an integer or a truth value.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its bytes, where it is a text, bytes, a message, or a number of fixed size.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    public readonly float Single => Bytes.Length == 4 ? BinaryPrimitives.ReadSingleLittleEndian(Bytes) : throw Broken();

    /// <summary>Goes to the next field.</summary>
    /// <exception cref="InvalidDataException">The message is cut off, or is none.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        var tag = Varint();
        (Field, Number) = ((int)(tag >> 3), 0);
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Bytes = Take(8);
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Bytes = Take(4);
                break;
            default:
                throw Broken();
        }

        return true;
    }

    /// <summary>The integers of a packed field.</summary>
    /// <exception cref="InvalidDataException">They are cut off.</exception>
    public readonly ulong[] Packed()
    {
        var rest = new ProtoReader(Bytes, path, kind);
        var numbers = new List<ulong>();
        while (!rest._rest.IsEmpty) numbers.Add(rest.Varint());
        return [.. numbers];
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw Broken();
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && !_rest.IsEmpty; shift += 7)
        {
            var next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken();
    }

    private readonly InvalidDataException Broken() => new($"{path} is no {kind}, or it is cut off.");
}
