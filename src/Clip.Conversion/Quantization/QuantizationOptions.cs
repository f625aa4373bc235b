using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Quantization;
namespace Clip.Conversion.Quantization;

/// <summary>Which precisions to add to a model folder, and how to choose and measure them.</summary>
public sealed record QuantizationOptions
{
    /// <summary>The precisions to write. Default int8 and fp16.</summary>
    public IReadOnlyList<OnnxPrecision> Precisions { get; init; } = [OnnxPrecision.Int8, OnnxPrecision.Fp16];

    /// <summary>Paths of images to compare features on; at least one.</summary>
    public required IReadOnlyList<string> ImagePaths { get; init; }

    /// <summary>Texts to compare features on, at least one; left aside where the folder has no tokenizer.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>
    /// The mean cosine between float32 and int8 features that each tower must reach on the samples; the weights that hurt most stay
    /// float32 until it does. Null (default) leaves only the projections in float32: right where the samples are not the model's own
    /// kind of images and texts.
    /// </summary>
    public double? MeanCosine { get; init; }

    /// <summary>
    /// Keeps the 8-bit weights to 7 bits (−63 … 63). x86 processors without VNNI add two products of bytes in 16 bits, which full-range
    /// weights can overflow (ONNX Runtime's documentation of quantization, "reduce range"): there these are right in every program, and
    /// faster here, where full-range ones are multiplied another way. Default false.
    /// </summary>
    public bool ReduceRange { get; init; }
}

/// <summary>A file that was added.</summary>
/// <param name="Name">Relative to the model folder, as in <c>onnx/vision_model_int8.onnx</c>.</param>
/// <param name="Precision">How it stores weights.</param>
/// <param name="Bytes">Its size, weights that lie beside it included.</param>
/// <param name="Fp32Bytes">The size of the same file in single precision.</param>
/// <param name="Cosine">Its features compared with float32's; null where the file was not run on samples.</param>
/// <param name="FloatWeights">Matrices of an int8 file that stay float32.</param>
public sealed record QuantizedFile(
    string Name, OnnxPrecision Precision, long Bytes, long Fp32Bytes, FeatureCosine? Cosine, IReadOnlyList<string> FloatWeights);

/// <summary>What was added to a model folder.</summary>
/// <param name="Files">In the order they were written.</param>
/// <param name="Agreement">
/// For each precision the share of images whose nearest text is the one it is in float32; empty where texts were not compared.
/// </param>
public sealed record QuantizationReport(IReadOnlyList<QuantizedFile> Files, IReadOnlyDictionary<OnnxPrecision, double> Agreement);
