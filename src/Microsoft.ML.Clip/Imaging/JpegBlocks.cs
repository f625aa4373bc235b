namespace Microsoft.ML.Clip.Imaging;

/// <summary>A component's part in a scan: its blocks in each interleaved unit, its tables, and whether it goes into the copy.</summary>
internal sealed record ScanComponent(int Blocks, JpegHuffmanTable? Dc, JpegHuffmanTable? Ac, bool IsKept);

/// <summary>Copies or skips single blocks of a sequential scan, or of a progressive scan's DC coefficients.</summary>
internal readonly struct JpegBlockCopier(int firstCoefficient, int lastCoefficient, int previousBit)
{
    /// <summary>Progressive scans of AC coefficients are never interleaved, and the rest needs its tables.</summary>
    public bool CanCopy(List<ScanComponent> plan)
    {
        var (last, isRefinement) = (lastCoefficient, previousBit > 0);
        return firstCoefficient == 0 && plan.TrueForAll(c => (isRefinement || c.Dc is not null) && (last == 0 || c.Ac is not null));
    }

    /// <summary><see langword="false"/> where the data is damaged or ends.</summary>
    public bool TryCopy(ref JpegBitReader reader, ref JpegBitWriter writer, ScanComponent component)
    {
        if (previousBit > 0)
        {
            Copy(ref reader, ref writer, 1, component.IsKept);
            return !reader.IsExhausted;
        }

        if (!TryCopyCode(ref reader, ref writer, component.Dc!, component.IsKept, out var symbol) || symbol > 15) return false;
        Copy(ref reader, ref writer, symbol, component.IsKept);
        for (var k = 1; k <= lastCoefficient; k++)
        {
            if (!TryCopyCode(ref reader, ref writer, component.Ac!, component.IsKept, out symbol)) return false;
            var (zeros, bits) = (symbol >> 4, symbol & 15);
            if (bits == 0 && zeros != 15) break;
            Copy(ref reader, ref writer, bits, component.IsKept);
            k += zeros;
        }

        return !reader.IsExhausted;
    }

    private static bool TryCopyCode(
        ref JpegBitReader reader, ref JpegBitWriter writer, JpegHuffmanTable table, bool isKept, out int symbol)
    {
        (var length, symbol) = table.Find(reader.Peek16());
        Copy(ref reader, ref writer, length, isKept);
        return length > 0;
    }

    private static void Copy(ref JpegBitReader reader, ref JpegBitWriter writer, int count, bool isKept)
    {
        var bits = reader.Take(count);
        if (isKept) writer.Put(bits, count);
    }
}
