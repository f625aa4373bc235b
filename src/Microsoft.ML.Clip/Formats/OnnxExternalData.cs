namespace Microsoft.ML.Clip.Formats;

/// <summary>
/// Lists the external data files that an ONNX file names (<c>TensorProto.external_data</c>); ONNX Runtime keeps this to itself.
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

    public static IReadOnlyList<string> Locations(string path) => OnnxReader.Read(path, (reader, end) =>
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Walk(reader, Message.Model, end, found, depth: 0);
        return (IReadOnlyList<string>)[.. found];
    });

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

    private static void Walk(OnnxReader reader, Message message, long end, SortedSet<string> found, int depth)
    {
        // Graphs within graphs; deeper than any real ones, and no deeper than the stack.
        if (depth > MaxDepth) throw new EndOfStreamException();
        string? key = null, value = null;
        foreach (var (field, _, fieldEnd) in reader.Fields(end))
        {
            if (fieldEnd == 0) continue;
            if (Child(message, field) is { } child) Walk(reader, child, fieldEnd, found, depth + 1);
            else if (message == Message.Entry && field == 1) key = reader.ReadText(fieldEnd);
            else if (message == Message.Entry && field == 2) value = reader.ReadText(fieldEnd);
        }

        if (key == "location" && value is not null) found.Add(value);
    }
}
