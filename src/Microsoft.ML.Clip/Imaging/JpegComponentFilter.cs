using System.Buffers;
using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Takes one component out of a four-component JPEG, without decoding: the Huffman codes are only read to see where each block ends, and
/// the bits of the other components' blocks are copied. So a decoder finds in the copy exactly the samples it would find in the original.
/// </summary>
internal sealed class JpegComponentFilter
{
    private readonly ArrayBufferWriter<byte> _output;
    private readonly JpegHuffmanTable?[] _tables = new JpegHuffmanTable?[8]; // DC 0…3, then AC 0…3.
    private readonly int _removed;
    private readonly bool _asStored;
    private Component[] _components = [];
    private int _columns;
    private int _rows;
    private int _restartInterval;
    private bool _hasScan;

    private JpegComponentFilter(int length, int removed, bool asStored) =>
        (_output, _removed, _asStored) = (new(length), removed, asStored);

    /// <summary>The copy.</summary>
    public ReadOnlySpan<byte> Jpeg => _output.WrittenSpan;

    /// <summary>Whether the first three components are YCbCr, as Adobe's marker says.</summary>
    public bool IsYcck { get; private set; }

    /// <summary>
    /// Copies <paramref name="jpeg"/> without its component number <paramref name="removed"/>; decoders see RGB where
    /// <paramref name="asStored"/> asks for no conversion. <see langword="null"/> where the file cannot be taken apart so.
    /// </summary>
    public static JpegComponentFilter? Remove(ReadOnlySpan<byte> jpeg, int removed, bool asStored)
    {
        var filter = new JpegComponentFilter(jpeg.Length, removed, asStored);
        return filter.TryCopy(jpeg) ? filter : null;
    }

    private bool TryCopy(ReadOnlySpan<byte> jpeg)
    {
        _output.Write<byte>([0xFF, 0xD8]);
        for (var position = 2; JpegSegment.TryRead(jpeg, ref position, out var segment);)
        {
            switch (segment.Marker)
            {
                case JpegSegment.EndOfImage:
                    _output.Write<byte>([0xFF, JpegSegment.EndOfImage]);
                    return _hasScan;
                case JpegSegment.StartOfScan:
                    if (_components.Length == 0 || !TryCopyScan(jpeg, segment.Body, ref position)) return false;
                    break;
                case JpegSegment.Adobe when segment.Body.Length >= 12 && segment.Body.StartsWith("Adobe"u8):
                    IsYcck = segment.Body[11] != 0;
                    break;
                case JpegSegment.HuffmanTables:
                    if (!TryReadTables(segment.Body)) return false;
                    Write(segment.Marker, segment.Body);
                    break;
                case JpegSegment.RestartInterval when segment.Body.Length == 2:
                    _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment.Body);
                    Write(segment.Marker, segment.Body);
                    break;
                case JpegSegment.QuantizationTables:
                    Write(segment.Marker, segment.Body);
                    break;
                case var _ when segment.IsFrame:
                    if (!segment.IsHuffmanFrame || !TryCopyFrame(segment.Marker, segment.Body)) return false;
                    break;
                default:
                    break; // Comments and application data, of which JFIF would tell decoders the wrong colours.
            }
        }

        return false;
    }

    private bool TryCopyFrame(byte marker, ReadOnlySpan<byte> body)
    {
        if (_components.Length != 0 || body[5] != 4 || body.Length != 6 + (3 * 4)) return false;
        _components = new Component[4];
        var (tallest, widest) = (0, 0);
        for (var i = 0; i < 4; i++)
        {
            var entry = body.Slice(6 + (3 * i), 3);
            _components[i] = new(entry[0], entry[1] >> 4, entry[1] & 15);
            if (_components[i].Across is < 1 or > 4 || _components[i].Down is < 1 or > 4) return false;
            widest = Math.Max(widest, _components[i].Across);
            tallest = Math.Max(tallest, _components[i].Down);
        }

        // Otherwise the units in which the components interleave would change with the removal.
        var others = _components.Where((_, i) => i != _removed).ToArray();
        if (others.Max(c => c.Across) != widest || others.Max(c => c.Down) != tallest) return false;

        _rows = CeilingDivide(BinaryPrimitives.ReadUInt16BigEndian(body[1..]), 8 * tallest);
        _columns = CeilingDivide(BinaryPrimitives.ReadUInt16BigEndian(body[3..]), 8 * widest);
        // After Adobe's marker, that is: FF EE, which says whether the three are YCbCr (1) or RGB (0).
        Write(JpegSegment.Adobe, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, (byte)(IsYcck && !_asStored ? 1 : 0)]);
        var copy = body.ToArray().ToList();
        copy.RemoveRange(6 + (3 * _removed), 3);
        copy[5] = 3;
        Write(marker, copy.ToArray());
        return true;
    }

    private bool TryCopyScan(ReadOnlySpan<byte> jpeg, ReadOnlySpan<byte> header, ref int position)
    {
        if (header.Length < 1 || header[0] is < 1 or > 4 || header.Length != 4 + (2 * header[0])) return false;
        var plan = new List<ScanComponent>();
        var copy = new List<byte> { 0 };
        for (var i = 0; i < header[0]; i++)
        {
            var (id, tables) = (header[1 + (2 * i)], header[2 + (2 * i)]);
            var index = Array.FindIndex(_components, c => c.Id == id);
            if (index < 0 || (tables & 0xCC) != 0) return false;
            var component = _components[index];
            plan.Add(new(component.Across * component.Down, _tables[tables >> 4], _tables[4 + (tables & 15)], index != _removed));
            if (index != _removed) copy.AddRange([id, tables]);
        }

        var parameters = header[^3..];
        copy[0] = (byte)((copy.Count - 1) / 2);
        copy.AddRange(parameters);
        var isKept = copy[0] > 0;
        if (isKept) Write(JpegSegment.StartOfScan, copy.ToArray());
        _hasScan |= isKept;

        if (plan.Count == 1)
        {
            var start = position;
            position = FindScanEnd(jpeg, position);
            if (isKept) _output.Write(jpeg[start..position]);
            return true;
        }

        // One component left over from several would be stored in another order, unless it has one block a unit.
        if (copy[0] == 1 && plan.Single(c => c.IsKept).Blocks != 1) return false;
        return TryCopyInterleaved(jpeg, plan, new(parameters[0], parameters[1], parameters[2] >> 4), ref position);
    }

    private bool TryCopyInterleaved(ReadOnlySpan<byte> jpeg, List<ScanComponent> plan, JpegBlockCopier copier, ref int position)
    {
        if (!copier.CanCopy(plan)) return false;
        var reader = new JpegBitReader(jpeg, position);
        var writer = new JpegBitWriter(_output);
        var units = (long)_rows * _columns;
        for (var unit = 0L; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0)
            {
                if (!reader.TryTakeRestart(out var marker)) return false;
                writer.Pad();
                _output.Write<byte>([0xFF, marker]);
            }

            foreach (var component in plan)
            {
                for (var block = 0; block < component.Blocks; block++)
                {
                    if (!copier.TryCopy(ref reader, ref writer, component)) return false;
                }
            }
        }

        writer.Pad();
        position = FindScanEnd(jpeg, reader.Position);
        return true;
    }

    private bool TryReadTables(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            if (body.Length < 17 || (body[0] & 0xEC) != 0) return false;
            var total = 0;
            foreach (var count in body.Slice(1, 16)) total += count;
            if (total > 256 || body.Length < 17 + total) return false;
            if (JpegHuffmanTable.TryCreate(body.Slice(1, 16), body.Slice(17, total)) is not { } table) return false;
            _tables[((body[0] >> 4) * 4) + (body[0] & 3)] = table;
            body = body[(17 + total)..];
        }

        return true;
    }

    private void Write(byte marker, ReadOnlySpan<byte> body)
    {
        _output.Write<byte>([0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2)]);
        _output.Write(body);
    }

    /// <summary>The next marker that is neither a restart nor a stuffed FF.</summary>
    private static int FindScanEnd(ReadOnlySpan<byte> jpeg, int position)
    {
        while (position + 1 < jpeg.Length && (jpeg[position] != 0xFF || jpeg[position + 1] is 0 or (>= 0xD0 and <= 0xD7))) position++;
        return Math.Min(position, jpeg.Length);
    }

    private static int CeilingDivide(int a, int b) => (a + b - 1) / b;

    private readonly record struct Component(byte Id, int Across, int Down);
}
