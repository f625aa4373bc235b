using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Lists the external data files that an ONNX file names, reading only the protobuf structure around the weights
/// (field numbers: onnx.proto, <c>TensorProto.external_data</c>). ONNX Runtime keeps this to itself.
/// </summary>
internal static class OnnxExternalData
{
    private const int MaxDepth = 100;

    private enum Message
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
        Entry,
    }

    public static IReadOnlyList<string> Locations(string path)
    {
        using var file = RegularFile.Open(path, FileOptions.RandomAccess);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            Walk(file, Message.Model, file.Length, found, depth: 0);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' is not an ONNX file, or it is cut off.");
        }

        return [.. found];
    }

    private static Message? Child(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) => Message.Graph,
        (Message.Graph, 1) => Message.Node,
        (Message.Graph, 5) => Message.Tensor,
        (Message.Node, 5) => Message.Attribute,
        (Message.Attribute, 5 or 10) => Message.Tensor,
        (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Tensor, 13) => Message.Entry,
        _ => null,
    };

    private static void Walk(FileStream file, Message message, long end, SortedSet<string> found, int depth)
    {
        // Graphs within graphs; deeper than any real ones, and no deeper than the stack.
        if (depth > MaxDepth) throw new EndOfStreamException();
        string? key = null, value = null;
        while (file.Position < end)
        {
            var tag = ReadVarint(file);
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    ReadVarint(file);
                    break;
                case 1:
                    Skip(file, 8, end);
                    break;
                case 5:
                    Skip(file, 4, end);
                    break;
                case 2:
                    var length = (long)ReadVarint(file);
                    if (length < 0 || length > end - file.Position) throw new EndOfStreamException();
                    if (Child(message, field) is { } child) Walk(file, child, file.Position + length, found, depth + 1);
                    else if (message == Message.Entry && field == 1) key = ReadText(file, length);
                    else if (message == Message.Entry && field == 2) value = ReadText(file, length);
                    else Skip(file, length, end);
                    break;
                default:
                    throw new EndOfStreamException();
            }
        }

        if (key == "location" && value is not null) found.Add(value);
    }

    private static void Skip(FileStream file, long count, long end)
    {
        if (count > end - file.Position) throw new EndOfStreamException();
        file.Seek(count, SeekOrigin.Current);
    }

    private static string ReadText(FileStream file, long length)
    {
        var bytes = new byte[checked((int)length)];
        file.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private static ulong ReadVarint(FileStream file)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = file.ReadByte();
            if (next < 0) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw new EndOfStreamException();
    }
}
