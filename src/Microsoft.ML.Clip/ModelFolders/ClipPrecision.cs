using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Clip;

/// <summary>Which of the ONNX files of a model folder to open, told by the suffix of its name as Hugging Face folders spell it.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Int8 is the suffix's own name.")]
public enum ClipPrecision
{
    /// <summary>The file without suffix if it is there, else the first of fp16, int8 and 4-bit that is.</summary>
    Auto = 0,

    /// <summary>No suffix: <c>vision_model.onnx</c>.</summary>
    Fp32,

    /// <summary><c>_fp16</c>.</summary>
    Fp16,

    /// <summary><c>_int8</c>, <c>_quantized</c> or <c>_uint8</c>, the first that is there.</summary>
    Int8,
}
