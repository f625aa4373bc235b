using Clip.Data.Distributed;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests.Distributed;

/// <summary>Sums of 16-bit floats are those of float32, rounded once; so many that both the vectors and the rest have a share.</summary>
public sealed unsafe class HalfSumsTests
{
    /// <summary>Every pair of a few hundred patterns, the odd ones among them: subnormal, infinite, no number.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(67)]
    public void BFloat16AddsAsFloat32AndRoundsToTheNearest(int length)
    {
        Gen.UShort.Array[length].Select(Gen.UShort.Array[length]).Holds(drawn =>
        {
            var (from, to) = drawn;
            var expected = from.Zip(to, (a, b) => Rounded(Value(a) + Value(b))).ToArray();

            HalfSums.AddBFloat16(from, to);

            Assert.Equal(expected, to);
        }, count: 100);

        static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    [Theory]
    [InlineData(0x3F80, 0x3B80, 0x3F80)] // 1 + 2^-8 lies between two, and 1 is the even one
    [InlineData(0x3F81, 0x3B80, 0x3F82)] // and here it is the one above
    [InlineData(0x3F80, 0x3B81, 0x3F81)] // a bit more than half
    [InlineData(0xBF80, 0xBB80, 0xBF80)]
    [InlineData(0x7F7F, 0x7F7F, 0x7F80)] // more than the largest is infinite
    [InlineData(0x7F80, 0xFF80, 0x7FC0)] // infinity less infinity is no number
    [InlineData(0xFFC1, 0x3F80, 0x7FC0)]
    [InlineData(0x3F80, 0xBF80, 0)]
    public void BFloat16sTiesGoToTheEvenOne(int one, int other, int sum)
    {
        // In the vector and in what is left over.
        var from = Enumerable.Repeat((ushort)one, 33).ToArray();
        var to = Enumerable.Repeat((ushort)other, 33).ToArray();

        HalfSums.AddBFloat16(from, to);

        Assert.All(to, value => Assert.Equal(sum, value));
    }

    /// <summary>As MPI calls it: what is added, where to, and how many.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(1300)]
    public void Float16AddsAsFloat32(int length)
    {
        var from = Enumerable.Range(0, length + 1).Select(i => (Half)((i * 37 % 1001 / 16f) - 20)).ToArray();
        var to = Enumerable.Range(0, length + 1).Select(i => (Half)((i * 91 % 1003 * 4f) - 1900)).ToArray();
        var expected = from.Zip(to, (a, b) => (Half)((float)a + (float)b)).Take(length).Append(to[length]).ToArray();
        delegate* unmanaged<void*, void*, int*, void*, void> sum = &HalfSums.Float16;

        fixed (Half* input = from, output = to) sum(input, output, &length, null);

        Assert.Equal(expected, to);
    }

    [Fact]
    public void MpiAddsBFloat16TheSameWay()
    {
        ushort[] from = [.. Enumerable.Range(0x3F00, 40).Select(i => (ushort)i)];
        ushort[] to = [.. Enumerable.Range(0x4000, 40).Select(i => (ushort)i)];
        var expected = to.ToArray();
        HalfSums.AddBFloat16(from.AsSpan(0, 39), expected.AsSpan(0, 39));
        var count = 39;
        delegate* unmanaged<void*, void*, int*, void*, void> sum = &HalfSums.BFloat16;

        fixed (ushort* input = from, output = to) sum(input, output, &count, null);

        Assert.Equal(expected, to);
    }

    /// <summary>The nearest of the two float32 that end in 16 zeros; of two as near, the one whose last bit is 0.</summary>
    private static ushort Rounded(float sum)
    {
        if (float.IsNaN(sum)) return 0x7FC0;
        var bits = BitConverter.SingleToUInt32Bits(sum);
        var (below, rest) = ((ushort)(bits >> 16), bits & 0xFFFF);
        return rest > 0x8000 || (rest == 0x8000 && below % 2 == 1) ? (ushort)(below + 1) : below;
    }
}
