using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Clip.Conversion.Onnx.Format;
using Google.Protobuf;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>
/// Stores a graph's matrices as float16, each followed by a cast to float32 that ONNX Runtime computes once, when it opens the file.
/// What is computed is float32 throughout, for few processors have half arithmetic and none of them gains by it here.
/// </summary>
internal static class Float16Graph
{
    /// <summary>Rewrites a graph. Vectors stay float32: they take no room. So does a matrix with a value too large for float16.</summary>
    public static void Apply(GraphProto graph)
    {
        var casts = new List<NodeProto>();
        foreach (var tensor in graph.Initializer)
        {
            if (tensor.DataType != DataType.Float || tensor.Dims.Count < 2 || ToHalf(tensor.RawData.Span) is not { } half) continue;
            var stored = $"{tensor.Name}_fp16";
            casts.Add(new NodeProto
            {
                OpType = "Cast",
                Name = $"{tensor.Name}/Cast",
                Input = { stored },
                Output = { tensor.Name },
                Attribute = { Attribute("to", (long)DataType.Float) },
            });
            tensor.Name = stored;
            tensor.DataType = DataType.Float16;
            tensor.RawData = UnsafeByteOperations.UnsafeWrap(half);
        }

        // Nodes stand in the order they are computed in.
        casts.AddRange(graph.Node);
        graph.Node.Clear();
        graph.Node.AddRange(casts);
    }

    private static byte[]? ToHalf(ReadOnlySpan<byte> bytes)
    {
        var floats = MemoryMarshal.Cast<byte, float>(bytes);
        var half = new byte[bytes.Length / 2];
        var halves = MemoryMarshal.Cast<byte, Half>(half.AsSpan());
        TensorPrimitives.ConvertToHalf(floats, halves);
        for (var i = 0; i < floats.Length; i++)
        {
            if (Half.IsInfinity(halves[i]) && float.IsFinite(floats[i])) return null;
        }

        return half;
    }
}
