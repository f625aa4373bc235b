namespace Microsoft.ML.Clip.Imaging;

/// <summary>A Huffman table (ITU-T T.81, annex C): codes of one length are consecutive numbers, and follow the shorter ones.</summary>
internal sealed class JpegHuffmanTable
{
    /// <summary>For each length, one past its last code, as the upper bits of 16.</summary>
    private readonly int[] _ends = new int[17];

    /// <summary>For each length, what to add to a code to find its symbol.</summary>
    private readonly int[] _offsets = new int[17];

    private readonly byte[] _symbols;

    private JpegHuffmanTable(ReadOnlySpan<byte> symbols) => _symbols = symbols.ToArray();

    /// <summary>
    /// Builds the table of <paramref name="counts"/> codes of 1…16 bits; <see langword="null"/> where there is no room for them.
    /// </summary>
    public static JpegHuffmanTable? TryCreate(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var table = new JpegHuffmanTable(symbols);
        var (next, used) = (0, 0);
        for (var length = 1; length <= 16; length++)
        {
            table._offsets[length] = used - (next >> (16 - length));
            used += counts[length - 1];
            next += counts[length - 1] << (16 - length);
            table._ends[length] = next;
        }

        return next <= 1 << 16 ? table : null;
    }

    /// <summary>The code that the next 16 bits start with; length 0 where there is none.</summary>
    public (int Length, int Symbol) Find(int next16)
    {
        for (var length = 1; length <= 16; length++)
        {
            if (next16 < _ends[length]) return (length, _symbols[_offsets[length] + (next16 >> (16 - length))]);
        }

        return default;
    }
}
