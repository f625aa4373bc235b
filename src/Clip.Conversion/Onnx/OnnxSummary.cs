using System.IO.MemoryMappedFiles;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Formats;

namespace Clip.Conversion.Onnx;

/// <summary>An ONNX graph's input or output: its type and dimensions, numbers or names.</summary>
internal sealed record OnnxValue(string Name, int Type, IReadOnlyList<string> Dims);

/// <summary>
/// What an ONNX file says of itself around its weights, which are not read. Field numbers are those of onnx.proto; types are ONNX's
/// <c>TensorProto.DataType</c>.
/// </summary>
internal sealed class OnnxSummary
{
    private const string Kind = "ONNX file";

    private const int Float = 1, Float16 = 10;

    private readonly string _path;

    private OnnxSummary(string path) => _path = path;

    public string Producer { get; private set; } = "";

    public string GraphName { get; private set; } = "";

    public long Opset { get; private set; }

    public List<OnnxValue> Inputs { get; } = [];

    public List<OnnxValue> Outputs { get; } = [];

    /// <summary>How many nodes of each operator.</summary>
    public Dictionary<string, int> Operators { get; } = [];

    /// <summary>How many values of the weights are of each type.</summary>
    public Dictionary<int, long> Weights { get; } = [];

    /// <summary>Files beside that keep the weights, as the file names them.</summary>
    public IReadOnlyList<string> ExternalFiles { get; private set; } = [];

    /// <summary>Images: four dimensions of floats.</summary>
    public bool TakesImages => Inputs.Any(i => i.Type is Float or Float16 && i.Dims.Count == 4);

    /// <summary>Token ids: two dimensions of integers.</summary>
    public bool TakesTexts => Inputs.Any(i => i.Type is 6 or 7 && i.Dims.Count == 2);

    /// <summary>Reads a file's structure.</summary>
    /// <exception cref="ClipException">It is not an ONNX file, or is cut off.</exception>
    public static unsafe OnnxSummary Read(string path)
    {
        using var stream = WeightFile.Open(path);
        var length = stream.Length;
        if (length > int.MaxValue) throw Broken(path);
        using var file = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            var summary = new OnnxSummary(path);
            summary.ReadModel(new ReadOnlySpan<byte>(start + view.PointerOffset, (int)length));
            summary.ExternalFiles = OnnxExternalData.Locations(path);
            return summary.Operators.Count > 0 ? summary : throw Broken(path);
        }
        catch (InvalidDataException)
        {
            throw Broken(path);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>A type's name.</summary>
    public static string TypeName(int type) => type switch
    {
        1 => "float32",
        2 => "uint8",
        3 => "int8",
        6 => "int32",
        7 => "int64",
        9 => "bool",
        10 => "float16",
        11 => "float64",
        16 => "bfloat16",
        21 => "uint4",
        22 => "int4",
        _ => $"type {type}",
    };

    private static ClipException Broken(string path) => new($"{path} is not an ONNX file, or it is cut off; get it again.");

    private void ReadModel(ReadOnlySpan<byte> message)
    {
        var fields = new ProtoReader(message, _path, Kind);
        while (fields.Read())
        {
            if (fields.Field == 2) Producer = fields.Text;
            else if (fields.Field == 7) ReadGraph(fields.Bytes);
            else if (fields.Field == 8) ReadOpset(fields.Bytes);
        }
    }

    private void ReadOpset(ReadOnlySpan<byte> message)
    {
        var (domain, version) = ("", 0L);
        var fields = new ProtoReader(message, _path, Kind);
        while (fields.Read())
        {
            if (fields.Field == 1) domain = fields.Text;
            else if (fields.Field == 2) version = (long)fields.Number;
        }

        if (domain is "" or "ai.onnx") Opset = version;
    }

    private void ReadGraph(ReadOnlySpan<byte> message)
    {
        var fields = new ProtoReader(message, _path, Kind);
        while (fields.Read())
        {
            switch (fields.Field)
            {
                case 1:
                    var op = Text(fields.Bytes, 4);
                    Operators[op] = Operators.GetValueOrDefault(op) + 1;
                    break;
                case 2: GraphName = fields.Text; break;
                case 5: ReadTensor(fields.Bytes); break;
                case 11: Inputs.Add(ReadValue(fields.Bytes)); break;
                case 12: Outputs.Add(ReadValue(fields.Bytes)); break;
            }
        }
    }

    private void ReadTensor(ReadOnlySpan<byte> message)
    {
        var (type, count) = (0, 1L);
        var fields = new ProtoReader(message, _path, Kind);
        while (fields.Read())
        {
            switch (fields.Field)
            {
                // Dimensions may come one by one or packed.
                case 1 when fields.Bytes.IsEmpty: count = unchecked(count * (long)fields.Number); break;
                case 1: count = fields.Packed().Aggregate(count, (product, dim) => unchecked(product * (long)dim)); break;
                case 2: type = (int)fields.Number; break;
            }
        }

        if (count < 0) throw Broken(_path);
        Weights[type] = Weights.GetValueOrDefault(type) + count;
    }

    private OnnxValue ReadValue(ReadOnlySpan<byte> message)
    {
        // ValueInfo.type → Type.tensor_type → Tensor.elem_type, Tensor.shape → dim
        var tensor = Message(Message(message, 2), 1);
        var (type, dims) = (0, new List<string>());
        var fields = new ProtoReader(tensor, _path, Kind);
        while (fields.Read())
        {
            if (fields.Field == 1) type = (int)fields.Number;
            if (fields.Field != 2) continue;
            var shape = new ProtoReader(fields.Bytes, _path, Kind);
            while (shape.Read())
            {
                if (shape.Field == 1) dims.Add(Dimension(shape.Bytes));
            }
        }

        return new OnnxValue(Text(message, 1), type, dims);
    }

    private string Dimension(ReadOnlySpan<byte> message)
    {
        var fields = new ProtoReader(message, _path, Kind);
        var dimension = "?";
        while (fields.Read()) dimension = fields.Field == 1 ? $"{(long)fields.Number}" : fields.Field == 2 ? fields.Text : dimension;
        return dimension;
    }

    private ReadOnlySpan<byte> Message(ReadOnlySpan<byte> message, int number)
    {
        var fields = new ProtoReader(message, _path, Kind);
        while (fields.Read())
        {
            if (fields.Field == number) return fields.Bytes;
        }

        return default;
    }

    private string Text(ReadOnlySpan<byte> message, int number) => System.Text.Encoding.UTF8.GetString(Message(message, number));
}
