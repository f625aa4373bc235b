using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Clip.Conversion.Checkpoints;

/// <summary>Writes safetensors files of float32 tensors, as PyTorch's users expect them.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file with the tensors in the order given. The bytes go to a file beside <paramref name="path"/> that takes its
    /// name when complete, so a crash leaves the former file whole.
    /// </summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="tensors">Names and values; no name twice.</param>
    /// <param name="metadata">What the file says of itself; <c>format</c> is <c>pt</c> unless given.</param>
    /// <exception cref="ClipException">A name appears twice or is reserved, or a tensor's shape does not fit its values.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, WeightTensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensors);
        var list = tensors.ToArray();
        var header = Header(path, list, metadata);

        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (_, tensor) in list) WriteFloats(stream, tensor.Data.Span);
        });
    }

    /// <summary>Writes values as bytes in pieces, for a large tensor's bytes do not fit one span.</summary>
    internal static void WriteFloats(Stream stream, ReadOnlySpan<float> values)
    {
        const int chunk = 1 << 24;
        for (; values.Length > chunk; values = values[chunk..]) stream.Write(MemoryMarshal.AsBytes(values[..chunk]));
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    private static byte[] Header(
        string path, KeyValuePair<string, WeightTensor>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            if (metadata?.ContainsKey("format") is not true) json.WriteString("format", "pt");
            foreach (var (key, value) in metadata ?? new Dictionary<string, string>()) json.WriteString(key, value);
            json.WriteEndObject();

            long offset = 0;
            var seen = new HashSet<string> { "__metadata__" };
            foreach (var (name, tensor) in tensors)
            {
                if (!seen.Add(name)) throw new ClipException($"{path}: the name '{name}' is taken already; give each tensor its own.");
                if (tensor.Shape.Aggregate(1L, (product, d) => product * d) != tensor.Data.Length)
                    throw new ClipException(
                        $"{path}: '{name}' has {tensor.Data.Length} values, which do not fill shape [{string.Join(", ", tensor.Shape)}].");

                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (var d in tensor.Shape) json.WriteNumberValue(d);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Data.Length * (long)sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of 8 keep the tensors aligned, as the reference implementation does.
        var header = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }
}
