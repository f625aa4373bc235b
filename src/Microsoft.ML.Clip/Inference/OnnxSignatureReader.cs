using Microsoft.ML.Clip.Formats;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// Reads a graph's inputs and outputs from its file, in milliseconds where a session takes seconds. A shape that the file leaves to
/// ONNX Runtime's inference is empty here.
/// </summary>
internal static class OnnxSignatureReader
{
    public static OnnxSignature Read(string path) => OnnxReader.Read(path, (reader, end) =>
    {
        Dictionary<string, OnnxTensor> inputs = [], outputs = [];
        foreach (var (field, _, graphEnd) in reader.Fields(end))
        {
            if (field == 7 && graphEnd > 0) ReadGraph(reader, graphEnd, inputs, outputs);
        }

        return new OnnxSignature(path, inputs, outputs);
    });

    /// <summary>GraphProto: initializer = 5, input = 11, output = 12.</summary>
    private static void ReadGraph(
        OnnxReader reader, long end, Dictionary<string, OnnxTensor> inputs, Dictionary<string, OnnxTensor> outputs)
    {
        var weights = new List<string>();
        foreach (var (field, _, fieldEnd) in reader.Fields(end))
        {
            if (fieldEnd == 0) continue;
            if (field == 5) weights.AddRange(Texts(reader, fieldEnd, name: 8));
            else if (field == 11) Add(inputs, reader, fieldEnd);
            else if (field == 12) Add(outputs, reader, fieldEnd);
        }

        // Before version 4 of the format, weights were listed among the inputs.
        foreach (var name in weights) inputs.Remove(name);
    }

    private static IEnumerable<string> Texts(OnnxReader reader, long end, int name)
    {
        foreach (var (field, _, fieldEnd) in reader.Fields(end))
        {
            if (field == name && fieldEnd > 0) yield return reader.ReadText(fieldEnd);
        }
    }

    /// <summary>ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1.</summary>
    private static void Add(Dictionary<string, OnnxTensor> tensors, OnnxReader reader, long end)
    {
        var name = "";
        var tensor = new OnnxTensor(default, []);
        foreach (var (field, _, fieldEnd) in reader.Fields(end))
        {
            if (field == 1 && fieldEnd > 0) name = reader.ReadText(fieldEnd);
            if (field != 2 || fieldEnd == 0) continue;
            foreach (var (kind, _, kindEnd) in reader.Fields(fieldEnd))
            {
                if (kind == 1 && kindEnd > 0) tensor = ReadTensor(reader, kindEnd);
            }
        }

        tensors[name] = tensor;
    }

    /// <summary>TypeProto.Tensor: elem_type = 1, shape = 2; TensorShapeProto: dim = 1; Dimension: dim_value = 1.</summary>
    private static OnnxTensor ReadTensor(OnnxReader reader, long end)
    {
        var type = TensorElementType.DataTypeMax;
        var shape = new List<int>();
        foreach (var (field, number, fieldEnd) in reader.Fields(end))
        {
            if (field == 1) type = (TensorElementType)number;
            if (field != 2 || fieldEnd == 0) continue;
            foreach (var (kind, _, dimensionEnd) in reader.Fields(fieldEnd))
            {
                if (kind == 1) shape.Add(dimensionEnd == 0 ? -1 : ReadDimension(reader, dimensionEnd));
            }
        }

        return new OnnxTensor(type, [.. shape]);
    }

    private static int ReadDimension(OnnxReader reader, long end)
    {
        var size = -1;
        foreach (var (field, number, _) in reader.Fields(end))
        {
            if (field == 1) size = checked((int)number);
        }

        return size;
    }
}
