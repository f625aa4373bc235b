using System.Globalization;
using Google.Protobuf;

namespace Clip.Conversion.Onnx.Format;

/// <summary>Writes a graph as an ONNX file, with the weights inside or, where they would not fit a protobuf message, beside it.</summary>
internal static class ModelFile
{
    /// <summary>A protobuf message may have 2 GiB; this leaves the nodes more room than they need.</summary>
    public const long MaxInlineBytes = int.MaxValue - (64L << 20);

    // LayerNormalization came with opset 17 and Gelu with 20, whose own version of the format is 9.
    private const long Opset = 20;
    private const long IrVersion = 9;

    /// <summary>Page-aligned weights can be mapped into memory (ONNX, External Data).</summary>
    private const int Alignment = 4096;

    /// <summary>Writes a graph.</summary>
    /// <param name="graph">Its weights' bytes are cleared where they are written beside.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="maxInlineBytes">How many bytes of weights may lie in the file itself.</param>
    /// <param name="opset">The version of the standard's operators that the graph is made of.</param>
    public static void Write(GraphProto graph, string path, long maxInlineBytes, long opset = Opset)
    {
        if (graph.Initializer.Sum(i => (long)i.RawData.Length) > maxInlineBytes) MoveWeightsBeside(graph, path);
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "ClipMlNet",
            ProducerVersion = typeof(ModelFile).Assembly.GetName().Version!.ToString(3),
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } },
        };
        // Operators beyond the standard's, ONNX Runtime's own, are a second set.
        foreach (var domain in graph.Node.Select(n => n.Domain).Where(d => d.Length > 0).Distinct())
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        // Protobuf's own buffer of 4 KiB would make a system call for each page of the weights.
        using var file = new CodedOutputStream(File.Create(path), bufferSize: 1 << 20);
        model.WriteTo(file);
    }

    /// <summary>The bytes of a file and of the weights beside it.</summary>
    public static long Size(string path) =>
        new FileInfo(path).Length + (File.Exists(Data(path)) ? new FileInfo(Data(path)).Length : 0);

    /// <summary>The bytes that a graph's file would have, but for some hundreds.</summary>
    public static long Size(GraphProto graph) =>
        graph.Initializer.Sum(i => (long)i.RawData.Length) + graph.Node.Sum(n => (long)n.CalculateSize());

    /// <summary>Removes a file and the weights beside it.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(Data(path));
    }

    private static string Data(string path) => $"{path}_data";

    private static void MoveWeightsBeside(GraphProto graph, string path)
    {
        using var data = File.Create(Data(path));
        foreach (var tensor in graph.Initializer)
        {
            // Small constants stay: shapes among them must be known before any data is read.
            if (tensor.RawData.Length < Alignment) continue;
            data.Position = (data.Position + Alignment - 1) / Alignment * Alignment;
            tensor.ExternalData.Add(Entry("location", Path.GetFileName(data.Name)));
            tensor.ExternalData.Add(Entry("offset", data.Position.ToString(CultureInfo.InvariantCulture)));
            tensor.ExternalData.Add(Entry("length", tensor.RawData.Length.ToString(CultureInfo.InvariantCulture)));
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            data.Write(tensor.RawData.Span);
            tensor.ClearRawData();
        }
    }

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };
}
