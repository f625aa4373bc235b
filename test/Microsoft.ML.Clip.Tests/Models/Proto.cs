using System.Text;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>A protobuf message being written: just what the tests' ONNX files need.</summary>
internal sealed class Proto
{
    private readonly List<byte> _bytes = [];

    public Proto Add(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public Proto Add(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public Proto Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

    public Proto Add(int field, Proto message) => Add(field, message.ToArray());

    public Proto Add(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public Proto AddAll<T>(int field, IEnumerable<T> values, Func<T, Proto> write) =>
        values.Aggregate(this, (p, v) => p.Add(field, write(v)));

    public byte[] ToArray() => [.. _bytes];

    private void Varint(ulong value)
    {
        for (; value > 0x7F; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
