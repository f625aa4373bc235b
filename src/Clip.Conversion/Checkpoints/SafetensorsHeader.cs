using System.Buffers.Binary;
using System.Text.Json;

namespace Clip.Conversion.Checkpoints;

/// <summary>Where a tensor lies in a safetensors file.</summary>
internal sealed record SafetensorsEntry(string Name, ElementType Type, long[] Shape, long Offset, long ByteCount)
{
    public long Count => ByteCount / Type.Size();
}

/// <summary>
/// The header of a safetensors file, checked as the reference implementation checks it: the tensors' bytes must lie one after the
/// other without overlap, hole or remainder, so that nothing hides in a file and no two tensors share memory.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The reference implementation's limit; no honest header comes near it.</summary>
    private const long MaxHeaderBytes = 100_000_000;

    private const string Damaged = "the file is damaged or not safetensors, so get it again";

    public static SafetensorsHeader Read(Stream file, string path)
    {
        Span<byte> lengthBytes = stackalloc byte[8];
        if (file.Length < 8) throw new ClipException($"{path} has {file.Length} bytes, too few for a safetensors file; {Damaged}.");
        file.ReadExactly(lengthBytes);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeaderBytes)
            throw new ClipException($"{path} announces a header of {length} bytes, more than the {MaxHeaderBytes} allowed; {Damaged}.");
        if ((long)length > file.Length - 8)
            throw new ClipException($"{path} announces a header of {length} bytes but has {file.Length - 8} left; {Damaged}.");

        var json = new byte[length];
        file.ReadExactly(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, dataStart: 8 + (long)length, file.Length, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ClipException($"{path} has a header that is not the JSON of a safetensors file ({e.Message}); {Damaged}.", e);
        }
    }

    private static SafetensorsHeader Parse(JsonElement root, long dataStart, long fileLength, string path)
    {
        var entries = new Dictionary<string, SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                foreach (var pair in property.Value.EnumerateObject()) metadata[pair.Name] = pair.Value.GetString() ?? "";
            }
            else if (!entries.TryAdd(property.Name, ParseEntry(property.Name, property.Value, dataStart, fileLength, path)))
            {
                throw new ClipException($"{path}: tensor '{property.Name}' appears twice in the header; {Damaged}.");
            }
        }

        var sorted = entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.ByteCount).ToArray();
        var end = dataStart;
        foreach (var entry in sorted)
        {
            if (entry.Offset < end) throw new ClipException($"{path}: tensor '{entry.Name}' overlaps the one before it; {Damaged}.");
            if (entry.Offset > end)
                throw new ClipException($"{path}: {entry.Offset - end} bytes before tensor '{entry.Name}' belong to no tensor; {Damaged}.");
            end = entry.Offset + entry.ByteCount;
        }

        if (end != fileLength) throw new ClipException($"{path}: the last {fileLength - end} bytes belong to no tensor; {Damaged}.");
        return new SafetensorsHeader([.. entries.Values], metadata);
    }

    private static SafetensorsEntry ParseEntry(string name, JsonElement e, long dataStart, long fileLength, string path)
    {
        if (!e.TryGetProperty("dtype", out var dtype) || !e.TryGetProperty("shape", out var dims)
            || !e.TryGetProperty("data_offsets", out var offsets) || offsets.GetArrayLength() != 2)
            throw new ClipException($"{path}: tensor '{name}' lacks one of dtype, shape and data_offsets; {Damaged}.");

        var type = ParseType(dtype.GetString()) ?? throw new ClipException(
            $"{path}: tensor '{name}' has dtype {dtype}, which is not supported; save it as F32, F16 or BF16.");
        var shape = dims.EnumerateArray().Select(d => NonNegative(d, "shape")).ToArray();
        long begin = NonNegative(offsets[0], "data_offsets"), end = NonNegative(offsets[1], "data_offsets");
        if (begin > end || end > fileLength - dataStart)
            throw new ClipException($"{path}: tensor '{name}' lies at bytes {begin} to {end} of {fileLength - dataStart}; {Damaged}.");

        if (ByteCount() != end - begin)
            throw new ClipException(
                $"{path}: tensor '{name}' of {dtype}, shape [{string.Join(", ", shape)}] does not fit its {end - begin} bytes; {Damaged}.");
        return new SafetensorsEntry(name, type, shape, dataStart + begin, end - begin);

        long? ByteCount()
        {
            try
            {
                return shape.Aggregate((long)type.Size(), (product, d) => checked(product * d));
            }
            catch (OverflowException)
            {
                return null;
            }
        }

        long NonNegative(JsonElement number, string what) => number.TryGetInt64(out var value) && value >= 0
            ? value
            : throw new ClipException($"{path}: tensor '{name}' has {number} in its {what}; {Damaged}.");
    }

    private static ElementType? ParseType(string? dtype) => dtype switch
    {
        "F32" => ElementType.Float32,
        "F64" => ElementType.Float64,
        "F16" => ElementType.Float16,
        "BF16" => ElementType.BFloat16,
        "I64" => ElementType.Int64,
        "I32" => ElementType.Int32,
        "I16" => ElementType.Int16,
        "I8" => ElementType.Int8,
        "U8" => ElementType.UInt8,
        "BOOL" => ElementType.Boolean,
        _ => null,
    };
}
