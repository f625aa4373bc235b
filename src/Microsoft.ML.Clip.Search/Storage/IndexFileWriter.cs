using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Clip.Scanning;

namespace Microsoft.ML.Clip.Storage;

/// <summary>Writes an index file aside and to the disk, to be put in place of the old one: at any time there is one of the two.</summary>
internal static class IndexFileWriter
{
    private const int BufferSize = 1 << 20;

    /// <summary>Writes the file beside its place, and gives the file's name.</summary>
    /// <param name="path">Its place.</param>
    /// <param name="header">What is told of it; where things lie is filled in.</param>
    /// <param name="rows">The rows.</param>
    public static string WriteAside(string path, IndexHeader header, IIndexRows rows)
    {
        var aside = $"{path}.{header.Generation}.tmp";
        try
        {
            using var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize);
            Write(file, header, rows);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }

        return aside;
    }

    private static void Write(FileStream file, IndexHeader header, IIndexRows rows)
    {
        var (dimension, stride) = (header.Dimension, RowCodes.Stride(header.Dimension));
        header = header with { Count = rows.Count, VectorsAt = IndexHeader.Size };
        header = header with { CodesAt = Aligned(header.VectorsAt + (long)rows.Count * dimension * sizeof(float)) };
        header = header with { DistancesAt = Aligned(header.CodesAt + (long)rows.Count * stride) };
        header = header with { CodingAt = Aligned(header.DistancesAt + (long)rows.Count * sizeof(float)) };
        header = header with { OffsetsAt = Aligned(header.CodingAt + 2L * dimension * sizeof(float)) };
        header = header with { EntriesAt = Aligned(header.OffsetsAt + (rows.Count + 1L) * sizeof(long)) };
        var offsets = new long[rows.Count + 1];
        for (var i = 0; i < rows.Count; i++) offsets[i + 1] = offsets[i] + rows.Entry(i).Length;
        header = header with { Length = header.EntriesAt + offsets[^1] };

        file.Write(header.ToBytes());
        var (least, most) = (new float[dimension], new float[dimension]);
        least.AsSpan().Fill(rows.Count > 0 ? float.PositiveInfinity : 0);
        most.AsSpan().Fill(rows.Count > 0 ? float.NegativeInfinity : 0);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows.Vector(i);
            TensorPrimitives.Min(row, least, least);
            TensorPrimitives.Max(row, most, most);
            file.Write(MemoryMarshal.AsBytes(row));
        }

        PadTo(file, header.CodesAt);
        var coding = RowCodes.Over(least, most);
        var (codes, scratch, distances) = (new sbyte[stride], new float[dimension], new float[rows.Count]);
        for (var i = 0; i < rows.Count; i++)
        {
            distances[i] = coding.Encode(rows.Vector(i), codes, scratch);
            file.Write(MemoryMarshal.AsBytes<sbyte>(codes));
        }

        PadTo(file, header.DistancesAt);
        file.Write(MemoryMarshal.AsBytes<float>(distances));
        PadTo(file, header.CodingAt);
        file.Write(MemoryMarshal.AsBytes<float>(coding.Centers));
        file.Write(MemoryMarshal.AsBytes<float>(coding.Steps));
        PadTo(file, header.OffsetsAt);
        file.Write(MemoryMarshal.AsBytes<long>(offsets));
        PadTo(file, header.EntriesAt);
        for (var i = 0; i < rows.Count; i++) file.Write(rows.Entry(i));
    }

    private static long Aligned(long offset) => (offset + IndexHeader.Size - 1) / IndexHeader.Size * IndexHeader.Size;

    private static void PadTo(FileStream file, long offset) => file.Write(new byte[checked((int)(offset - file.Position))]);
}
