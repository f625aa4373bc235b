using System.Diagnostics.CodeAnalysis;

namespace Clip.Conversion.Onnx;

/// <summary>How an ONNX file stores a model's weights. Inputs and outputs are the same in all, so every client works with each.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Int8 is the file suffix's own name.")]
public enum OnnxPrecision
{
    /// <summary>Single precision, as trained: files without a suffix.</summary>
    Fp32 = 0,

    /// <summary>
    /// Half precision in the file, single precision where it runs: half the size, the speed of <see cref="Fp32"/>. Suffix <c>_fp16</c>.
    /// </summary>
    Fp16,

    /// <summary>
    /// Matrices in 8 bits with a scale for each output channel, multiplied with activations that are rounded to 8 bits as they come:
    /// a quarter of the size and about three times as fast on processors that multiply bytes (AVX-512 VNNI, AVX-VNNI, Arm dot
    /// product). Suffix <c>_int8</c>.
    /// </summary>
    Int8,
}

/// <summary>File names by precision.</summary>
internal static class OnnxPrecisions
{
    /// <summary>What Hugging Face's folders put after a file's stem.</summary>
    public static string Suffix(this OnnxPrecision precision) => precision switch
    {
        OnnxPrecision.Fp32 => "",
        OnnxPrecision.Fp16 => "_fp16",
        OnnxPrecision.Int8 => "_int8",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Not a precision."),
    };
}
