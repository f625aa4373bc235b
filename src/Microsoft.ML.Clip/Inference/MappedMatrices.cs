using System.Globalization;
using System.Text;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// An ONNX file's graph, in which the large factors of matrix products are references to where they lie in that same file (ONNX' external
/// data, with offset and length). ONNX Runtime maps those into memory while it packs them for its kernels, and lets go of the file then;
/// of a file by itself it makes two copies first. What other operations read it would keep mapped, and so would see the file change or
/// crash where it is cut off: that stays in the graph.
/// </summary>
internal static class MappedMatrices
{
    /// <summary>A few pages: below that, mapping gains nothing.</summary>
    private const long Smallest = 16 << 10;

    /// <summary>Reads the graph.</summary>
    /// <param name="path">The file, and no link to one.</param>
    /// <returns>
    /// The graph, for a session that is told the file's folder; <see langword="null"/> where most of the file would be in it, or where it
    /// is not built as towers are.
    /// </returns>
    public static byte[]? Read(string path) => OnnxReader.Read(path, (reader, end) =>
    {
        if (Layout.Of(reader, end) is not { } layout) return null;
        var matrices = layout.Matrices();
        var mapped = matrices.Sum(matrix => matrix.Length);
        if (mapped <= end - mapped) return null;

        var graph = new Pieces();
        var at = layout.GraphContent;
        foreach (var matrix in matrices)
        {
            var references = References(Path.GetFileName(path), matrix);
            var rest = matrix.End - matrix.Content - (matrix.DataEnd - matrix.DataField);
            graph.Add(at, matrix.Field);
            graph.Add([.. Header(5, rest + references.Length)]);
            graph.Add(matrix.Content, matrix.DataField);
            graph.Add(matrix.DataEnd, matrix.End);
            graph.Add(references);
            at = matrix.End;
        }

        graph.Add(at, layout.GraphEnd);
        var model = new Pieces();
        model.Add(0, layout.GraphField);
        model.Add([.. Header(7, graph.Length)]);
        model.Add(graph);
        model.Add(layout.GraphEnd, end);
        return model.Read(reader);
    });

    /// <summary>TensorProto: external_data = 13 (StringStringEntryProto: key = 1, value = 2), data_location = 14 (EXTERNAL = 1).</summary>
    private static byte[] References(string file, Initializer matrix)
    {
        (string Key, string Value)[] entries =
        [
            ("location", file), ("offset", Invariant(matrix.Data)), ("length", Invariant(matrix.Length)),
        ];
        var bytes = new List<byte>();
        foreach (var (key, value) in entries)
        {
            byte[] entry = [.. Text(1, key), .. Text(2, value)];
            bytes.AddRange([.. Header(13, entry.Length), .. entry]);
        }

        return [.. bytes, 14 << 3, 1];
    }

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Text(int field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Header(field, bytes.Length), .. bytes];
    }

    /// <summary>What stands before a field of so many bytes.</summary>
    private static IEnumerable<byte> Header(int field, long length) => [(byte)((field << 3) | 2), .. Varint(length)];

    private static IEnumerable<byte> Varint(long number)
    {
        for (; number >= 0x80; number >>= 7) yield return (byte)(number | 0x80);
        yield return (byte)number;
    }

    /// <summary>A weight of the graph: where its field begins, its content, and within that the field of its data and the data.</summary>
    private readonly record struct Initializer(string Name, long Field, long Content, long End, long DataField, long Data, long DataEnd)
    {
        public long Length => DataEnd - Data;
    }

    /// <summary>Where things lie in the file, and what its nodes read.</summary>
    private sealed class Layout
    {
        private readonly List<Initializer> _initializers = [];
        private readonly HashSet<string> _factors = [], _others = [];

        public long GraphField { get; private set; }

        public long GraphContent { get; private set; }

        public long GraphEnd { get; private set; }

        /// <summary>ModelProto: graph = 7; GraphProto: node = 1, initializer = 5, output = 12.</summary>
        public static Layout? Of(OnnxReader reader, long end)
        {
            Layout? layout = null;
            foreach (var (field, _, graphEnd) in reader.Fields(end))
            {
                if (field != 7 || graphEnd == 0) continue;
                if (layout is not null) return null;
                layout = new() { GraphField = reader.FieldStart, GraphContent = reader.Position, GraphEnd = graphEnd };
                foreach (var (part, _, partEnd) in reader.Fields(graphEnd))
                {
                    if (part == 1 && partEnd > 0 && !layout.AddNode(reader, partEnd)) return null;
                    if (part == 5 && partEnd > 0) layout.AddInitializer(reader, partEnd);
                    if (part == 12 && partEnd > 0) layout._others.Add(Name(reader, partEnd, 1));
                }
            }

            return layout;
        }

        public Initializer[] Matrices() =>
            [.. _initializers.Where(i => i.Length >= Smallest && _factors.Contains(i.Name) && !_others.Contains(i.Name))];

        /// <summary>NodeProto: input = 1, op_type = 4, attribute = 5; AttributeProto: g = 6, graphs = 11.</summary>
        /// <returns>False for one with graphs of its own, which may read any weight.</returns>
        private bool AddNode(OnnxReader reader, long end)
        {
            var inputs = new List<string>();
            var operation = "";
            foreach (var (field, _, fieldEnd) in reader.Fields(end))
            {
                if (fieldEnd == 0) continue;
                if (field == 1) inputs.Add(reader.ReadText(fieldEnd));
                else if (field == 4) operation = reader.ReadText(fieldEnd);
                else if (field == 5 && reader.Fields(fieldEnd).Any(part => part.Field is 6 or 11)) return false;
            }

            for (var i = 0; i < inputs.Count; i++)
                (i == 1 && operation is "MatMul" or "Gemm" ? _factors : _others).Add(inputs[i]);
            return true;
        }

        /// <summary>TensorProto: name = 8, raw_data = 9.</summary>
        private void AddInitializer(OnnxReader reader, long end)
        {
            var found = new Initializer("", reader.FieldStart, reader.Position, end, 0, 0, 0);
            foreach (var (field, _, fieldEnd) in reader.Fields(end))
            {
                if (fieldEnd == 0) continue;
                if (field == 8) found = found with { Name = reader.ReadText(fieldEnd) };
                if (field == 9) found = found with { DataField = reader.FieldStart, Data = reader.Position, DataEnd = fieldEnd };
            }

            _initializers.Add(found);
        }

        private static string Name(OnnxReader reader, long end, int name)
        {
            var found = "";
            foreach (var (field, _, fieldEnd) in reader.Fields(end))
            {
                if (field == name && fieldEnd > 0) found = reader.ReadText(fieldEnd);
            }

            return found;
        }
    }

    /// <summary>What a message is put together from: parts of the file, and bytes.</summary>
    private sealed class Pieces
    {
        private readonly List<(long Start, long Length, byte[]? Bytes)> _pieces = [];

        public long Length => _pieces.Sum(piece => piece.Length);

        public void Add(long start, long end) => _pieces.Add((start, end - start, null));

        public void Add(byte[] bytes) => _pieces.Add((0, bytes.Length, bytes));

        public void Add(Pieces others) => _pieces.AddRange(others._pieces);

        public byte[] Read(OnnxReader reader)
        {
            var whole = GC.AllocateUninitializedArray<byte>(checked((int)Length));
            var rest = whole.AsSpan();
            foreach (var (start, length, bytes) in _pieces)
            {
                var part = rest[..(int)length];
                if (bytes is not null) bytes.CopyTo(part);
                else reader.ReadBytes(start, part);
                rest = rest[(int)length..];
            }

            return whole;
        }
    }
}
