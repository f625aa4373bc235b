using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Clip.Data.Augmenting;

/// <summary>Eight pixels of four bytes (red, green, blue, ignored) as three vectors of floats and back.</summary>
internal readonly struct PixelVector
{
    public const int Count = 8;

    private static readonly Vector256<uint> LowByte = Vector256.Create(0xFFu);
    private readonly Vector256<uint> _pixels;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PixelVector(ReadOnlySpan<uint> pixels) => _pixels = Vector256.Create(pixels);

    public Vector256<uint> Reds => _pixels & LowByte;

    public Vector256<uint> Greens => (_pixels >> 8) & LowByte;

    public Vector256<uint> Blues => (_pixels >> 16) & LowByte;

    /// <summary>Writes rounded, clipped colors over the pixels; the fourth byte stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(Vector256<float> red, Vector256<float> green, Vector256<float> blue, Span<uint> destination) =>
        ((_pixels & Vector256.Create(0xFF000000u)) | Byte(red) | (Byte(green) << 8) | (Byte(blue) << 16)).CopyTo(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Float(Vector256<uint> values) => Vector256.ConvertToSingle(values.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Byte(Vector256<float> value)
    {
        var clipped = Vector256.Min(Vector256.Max(value + Vector256.Create(0.5f), Vector256<float>.Zero), Vector256.Create(255f));
        return Vector256.ConvertToInt32(clipped).AsUInt32();
    }
}
