using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads the trained <c>logit_scale</c> out of <c>model.safetensors</c> without reading the weights: neither <c>config.json</c> (it has the
/// initial value) nor the ONNX towers carry it.
/// </summary>
internal static class TrainedLogitScale
{
    private const long LongestHeader = 100_000_000;

    /// <summary><c>exp(logit_scale)</c>, or null where the file is absent or has no such tensor.</summary>
    public static float? Read(string safetensors)
    {
        if (!File.Exists(safetensors)) return null;
        using var file = File.OpenRead(safetensors);
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8) throw Broken(safetensors);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is <= 0 or > LongestHeader || length > file.Length - 8) throw Broken(safetensors);

        var header = new byte[length];
        file.ReadExactly(header);
        try
        {
            using var json = JsonDocument.Parse(header);
            if (!json.RootElement.TryGetProperty("logit_scale", out var tensor)) return null;
            file.Seek(8 + length + tensor.GetProperty("data_offsets")[0].GetInt64(), SeekOrigin.Begin);
            return MathF.Exp(ReadScalar(file, tensor.GetProperty("dtype").GetString()));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or EndOfStreamException)
        {
            throw Broken(safetensors, e);
        }
    }

    private static float ReadScalar(FileStream file, string? type)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = type switch
        {
            "F64" => bytes,
            "F32" => bytes[..4],
            "F16" or "BF16" => bytes[..2],
            _ => throw new InvalidOperationException($"logit_scale is of dtype {type}"),
        };
        file.ReadExactly(bytes);
        return type switch
        {
            "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        };
    }

    private static InvalidDataException Broken(string path, Exception? inner = null) =>
        new($"'{path}' is not a safetensors file, or it is cut off.", inner);
}
