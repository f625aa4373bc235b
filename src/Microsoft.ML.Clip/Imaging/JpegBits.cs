using System.Buffers;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Reads the bits of entropy-coded JPEG data, where a zero byte follows each FF.</summary>
internal ref struct JpegBitReader(ReadOnlySpan<byte> file, int position)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private uint _bits;
    private int _count;
    private int _beyondEnd;

    /// <summary>Where the next byte is read.</summary>
    public int Position { get; private set; } = position;

    /// <summary>Whether bits were used that the data does not have.</summary>
    public readonly bool IsExhausted => _beyondEnd > _count;

    /// <summary>The next 16 bits, without taking them.</summary>
    public int Peek16()
    {
        while (_count < 16) Fill();
        return (int)(_bits >> (_count - 16)) & 0xFFFF;
    }

    /// <summary>Takes up to 16 bits.</summary>
    public int Take(int count)
    {
        while (_count < count) Fill();
        _count -= count;
        return (int)(_bits >> _count) & ((1 << count) - 1);
    }

    /// <summary>Drops the bits up to the next marker and takes it if it is a restart.</summary>
    public bool TryTakeRestart(out byte marker)
    {
        marker = 0;
        (_bits, _count, _beyondEnd) = (0, 0, 0);
        if (Position + 2 > _file.Length || _file[Position] != 0xFF || _file[Position + 1] is not (>= 0xD0 and <= 0xD7)) return false;
        marker = _file[Position + 1];
        Position += 2;
        return true;
    }

    private void Fill()
    {
        uint next = 0xFF;
        if (Position < _file.Length && _file[Position] != 0xFF)
        {
            next = _file[Position++];
        }
        else if (Position + 1 < _file.Length && _file[Position + 1] == 0)
        {
            Position += 2;
        }
        else
        {
            _beyondEnd += 8; // A marker or the end: ones, as padding has them.
        }

        _bits = (_bits << 8) | next;
        _count += 8;
    }
}

/// <summary>Writes entropy-coded JPEG data.</summary>
internal struct JpegBitWriter(ArrayBufferWriter<byte> output)
{
    private uint _bits;
    private int _count;

    /// <summary>Writes up to 16 bits.</summary>
    public void Put(int bits, int count)
    {
        _bits = (_bits << count) | (uint)bits;
        for (_count += count; _count >= 8; _count -= 8)
        {
            var next = (byte)(_bits >> (_count - 8));
            output.Write<byte>([next]);
            if (next == 0xFF) output.Write<byte>([0]);
        }
    }

    /// <summary>Fills the last byte with ones.</summary>
    public void Pad()
    {
        if (_count > 0) Put((1 << (8 - _count)) - 1, 8 - _count);
    }
}
