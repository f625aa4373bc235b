using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip.Scanning;

/// <summary>Products of rows of codes with a query's, in whole numbers, so the same on every machine.</summary>
internal static unsafe class CodeProducts
{
    /// <summary>Multiplies rows with a query.</summary>
    /// <param name="rows">Codes, a row behind the other.</param>
    /// <param name="stride">Bytes of a row; a multiple of 64.</param>
    /// <param name="query">Of a row's length.</param>
    /// <param name="products">Takes one for each row; their number is that of the rows.</param>
    public static void Compute(sbyte* rows, int stride, ReadOnlySpan<short> query, Span<int> products)
    {
        fixed (short* values = query)
        {
            if (Avx512BW.IsSupported) ByAvx512(rows, stride, values, products);
            else if (Avx2.IsSupported) ByAvx2(rows, stride, values, products);
            else Portably(rows, stride, values, products);
        }
    }

    internal static void ByAvx512(sbyte* rows, int stride, short* query, Span<int> products)
    {
        for (var i = 0; i < products.Length; i++, rows += stride)
        {
            var (even, odd) = (Vector512<int>.Zero, Vector512<int>.Zero);
            for (var j = 0; j < stride; j += 64)
            {
                even += Avx512BW.MultiplyAddAdjacent(
                    Avx512BW.ConvertToVector512Int16(Vector256.Load(rows + j)), Vector512.Load(query + j));
                odd += Avx512BW.MultiplyAddAdjacent(
                    Avx512BW.ConvertToVector512Int16(Vector256.Load(rows + j + 32)), Vector512.Load(query + j + 32));
            }

            products[i] = Vector512.Sum(even + odd);
        }
    }

    internal static void ByAvx2(sbyte* rows, int stride, short* query, Span<int> products)
    {
        for (var i = 0; i < products.Length; i++, rows += stride)
        {
            var (even, odd) = (Vector256<int>.Zero, Vector256<int>.Zero);
            for (var j = 0; j < stride; j += 32)
            {
                even += Avx2.MultiplyAddAdjacent(
                    Avx2.ConvertToVector256Int16(Vector128.Load(rows + j)), Vector256.Load(query + j));
                odd += Avx2.MultiplyAddAdjacent(
                    Avx2.ConvertToVector256Int16(Vector128.Load(rows + j + 16)), Vector256.Load(query + j + 16));
            }

            products[i] = Vector256.Sum(even + odd);
        }
    }

    internal static void Portably(sbyte* rows, int stride, short* query, Span<int> products)
    {
        for (var i = 0; i < products.Length; i++, rows += stride)
        {
            var sum = Vector128<int>.Zero;
            for (var j = 0; j < stride; j += 16)
            {
                var (low, high) = Vector128.Widen(Vector128.Load(rows + j));
                sum += Products(low, Vector128.Load(query + j)) + Products(high, Vector128.Load(query + j + 8));
            }

            products[i] = Vector128.Sum(sum);
        }
    }

    private static Vector128<int> Products(Vector128<short> left, Vector128<short> right)
    {
        var (left0, left1) = Vector128.Widen(left);
        var (right0, right1) = Vector128.Widen(right);
        return left0 * right0 + left1 * right1;
    }
}
