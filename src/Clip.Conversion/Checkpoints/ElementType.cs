using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Clip.Conversion.Checkpoints;

/// <summary>How a checkpoint file stores numbers, and how those become float32. All formats read here are little-endian.</summary>
internal enum ElementType
{
    Float32,
    Float64,
    Float16,
    BFloat16,
    Int64,
    Int32,
    Int16,
    Int8,
    UInt8,
    Boolean,
}

internal static class ElementTypes
{
    /// <summary>Bytes an element takes.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
        _ => 1,
    };

    /// <summary>PyTorch's name of the type.</summary>
    public static string Name(this ElementType type) => type switch
    {
        ElementType.Boolean => "bool",
        _ => type.ToString().ToLowerInvariant(),
    };

    /// <summary>Converts elements to float32, rounding to nearest what float32 cannot hold.</summary>
    public static void ToFloat32(this ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case ElementType.Float64:
                TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case ElementType.BFloat16:
                // A bfloat16 is the upper half of a float32.
                var halves = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < halves.Length; i++) destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                break;
            case ElementType.Int64:
                TensorPrimitives.ConvertTruncating<long, float>(MemoryMarshal.Cast<byte, long>(source), destination);
                break;
            case ElementType.Int32:
                TensorPrimitives.ConvertTruncating<int, float>(MemoryMarshal.Cast<byte, int>(source), destination);
                break;
            case ElementType.Int16:
                TensorPrimitives.ConvertTruncating<short, float>(MemoryMarshal.Cast<byte, short>(source), destination);
                break;
            case ElementType.Int8:
                TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(source), destination);
                break;
            default:
                TensorPrimitives.ConvertTruncating<byte, float>(source, destination);
                break;
        }
    }
}
