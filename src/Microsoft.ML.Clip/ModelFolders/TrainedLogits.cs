using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>
/// What was trained beside the towers, which turns cosines into logits, read out of <c>model.safetensors</c> without reading the weights:
/// neither <c>config.json</c> (it has the initial values) nor the ONNX towers carry it.
/// </summary>
/// <param name="Scale"><c>exp(logit_scale)</c>, or null where the file is absent or has no such tensor.</param>
/// <param name="Bias"><c>logit_bias</c>, which models trained with the sigmoid loss have; else null.</param>
/// <param name="Problem">Why neither can be known, though the file is there: it is not the file itself.</param>
internal readonly record struct TrainedLogits(float? Scale, float? Bias, string? Problem = null)
{
    internal const long LongestHeader = 100_000_000;

    public static TrainedLogits Read(string safetensors)
    {
        if (!File.Exists(safetensors)) return default;
        using var file = RegularFile.Open(safetensors, FileOptions.None);
        Span<byte> head = stackalloc byte[256];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (RegularFile.Impostor(head) is { } impostor) return new(null, null, $"'{safetensors}' is {impostor}.");
        if (head.Length < 8) throw Broken(safetensors);
        var prefix = head[..8];
        file.Position = 8;
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is <= 0 or > LongestHeader || length > file.Length - 8) throw Broken(safetensors);

        var header = new byte[length];
        file.ReadExactly(header);
        try
        {
            using var json = JsonDocument.Parse(header);
            var scale = ReadTensor(file, json.RootElement, "logit_scale", 8 + length);
            return new(scale is { } logarithm ? MathF.Exp(logarithm) : null, ReadTensor(file, json.RootElement, "logit_bias", 8 + length));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IOException
            or FormatException or IndexOutOfRangeException or ArgumentException)
        {
            throw Broken(safetensors, e);
        }
    }

    /// <summary>Where a header puts a tensor: its type, and its first byte after the header; null where it has none of the name.</summary>
    internal static (string? Type, long Start)? Find(JsonElement header, string name) => header.TryGetProperty(name, out var tensor)
        ? (tensor.GetProperty("dtype").GetString(), tensor.GetProperty("data_offsets")[0].GetInt64())
        : null;

    /// <summary>The value of a tensor of one element.</summary>
    internal static float Scalar(ReadOnlySpan<byte> bytes, string? type, string name) => type switch
    {
        "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "BF16" => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        _ => throw new InvalidOperationException($"{name} is of dtype {type}"),
    };

    private static float? ReadTensor(FileStream file, JsonElement header, string name, long dataStart)
    {
        if (Find(header, name) is not { } place) return null;
        file.Seek(dataStart + place.Start, SeekOrigin.Begin);
        Span<byte> bytes = stackalloc byte[8];
        var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        try
        {
            var value = Scalar(bytes[..count], place.Type, name);
            return float.IsFinite(value) ? value : throw new InvalidDataException(
                $"'{file.Name}' has {value} as its {name}, so its training failed or it is damaged; take another checkpoint.");
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new EndOfStreamException($"{name} is cut off", e);
        }
    }

    private static InvalidDataException Broken(string path, Exception? inner = null) =>
        new($"'{path}' is not a safetensors file, or it is cut off.", inner);
}
