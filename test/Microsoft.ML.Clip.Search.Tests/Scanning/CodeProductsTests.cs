using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Clip.Scanning;

namespace Microsoft.ML.Clip.Search.Tests.Scanning;

public sealed unsafe class CodeProductsTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(512)]
    [InlineData(1088)]
    public void EveryWayGivesTheSameWholeNumbers(int stride)
    {
        var random = new Random(stride);
        const int rows = 7;
        var most = Math.Min(short.MaxValue, int.MaxValue / (128 * stride));
        var codes = Enumerable.Range(0, rows * stride).Select(_ => (sbyte)random.Next(-127, 128)).ToArray();
        var query = Enumerable.Range(0, stride).Select(_ => (short)random.Next(-most, most + 1)).ToArray();
        Array.Fill(codes, (sbyte)-127, 0, stride); // The largest sum there can be.
        var extreme = random.Next(2) == 0;
        if (extreme) Array.Fill(query, (short)-most);

        var expected = Enumerable.Range(0, rows)
            .Select(i => checked((int)Enumerable.Range(0, stride).Sum(j => (long)codes[i * stride + j] * query[j]))).ToArray();
        fixed (sbyte* c = codes)
        fixed (short* q = query)
        {
            var found = new int[rows];
            CodeProducts.Portably(c, stride, q, found);
            Assert.Equal(expected, found);
            if (Avx2.IsSupported)
            {
                CodeProducts.ByAvx2(c, stride, q, found);
                Assert.Equal(expected, found);
            }

            if (Avx512BW.IsSupported)
            {
                CodeProducts.ByAvx512(c, stride, q, found);
                Assert.Equal(expected, found);
            }
        }
    }
}
