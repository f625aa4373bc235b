using Clip.Conversion.Onnx.Format;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.OnnxRuntime;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>
/// Between which values the activations of a tower's convolutions lie on images of the model's own kind, so that 8-bit numbers can be
/// scaled when the file is written and not when it runs.
/// </summary>
internal sealed class ActivationRanges
{
    private readonly Dictionary<string, (float Min, float Max)> _ranges;

    private ActivationRanges(Dictionary<string, (float Min, float Max)> ranges) => _ranges = ranges;

    /// <summary>Runs a float32 image tower on images.</summary>
    /// <param name="vision">The tower's graph; outputs are added to it.</param>
    /// <param name="images">Each image's pixels [3, size, size].</param>
    /// <param name="size">Their height and width.</param>
    /// <param name="scratch">A file to write the graph to; removed again.</param>
    /// <returns>The ranges; null where the graph has no convolutions that need them.</returns>
    public static ActivationRanges? Measure(GraphProto vision, IEnumerable<float[]> images, int size, string scratch)
    {
        var points = new ConvolutionChain(vision).Points;
        if (points.Count == 0) return null;
        foreach (var value in points.Keys.Where(value => vision.Input.All(input => input.Name != value)))
            vision.Output.Add(new ValueInfoProto { Name = value, Type = FloatTensor() });
        ModelFile.Write(vision, scratch, ModelFile.MaxInlineBytes);
        try
        {
            using var options = SessionOptionsFactory.Create(new ClipSessionOptions());
            using var session = new InferenceSession(scratch, options);
            return new ActivationRanges(Run(session, images, size, points));
        }
        finally
        {
            ModelFile.Delete(scratch);
        }
    }

    /// <summary>The scale and the number for 0 of a range's bytes, which always hold 0 exactly: padding is of zeros.</summary>
    /// <param name="key">One of <see cref="ConvolutionChain.Points"/>' keys.</param>
    public (float Scale, byte Zero) Bytes(string key)
    {
        var (min, max) = _ranges[key];
        var scale = max - min;
        // A value that is always 0 needs some scale, too.
        if (!(scale > 1e-12f)) return (1, 0);
        return (scale / byte.MaxValue, (byte)Math.Clamp(MathF.Round(-min * byte.MaxValue / scale), 0, byte.MaxValue));
    }

    private static Dictionary<string, (float Min, float Max)> Run(
        InferenceSession session, IEnumerable<float[]> images, int size, IReadOnlyDictionary<string, string> points)
    {
        var ranges = points.Values.ToDictionary(key => key, _ => (Min: 0f, Max: 0f));
        using var options = new RunOptions();
        foreach (var image in images)
        {
            using var input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, size, size]);
            if (points.TryGetValue(session.InputNames[0], out var pixels)) Widen(pixels, image);
            using var outputs = session.Run(options, session.InputNames, [input], session.OutputNames);
            for (var i = 0; i < outputs.Count; i++)
            {
                if (points.TryGetValue(session.OutputNames[i], out var key)) Widen(key, outputs[i].GetTensorDataAsSpan<float>());
            }
        }

        return ranges;

        void Widen(string key, ReadOnlySpan<float> values)
        {
            var (min, max) = ranges[key];
            ranges[key] = (
                Math.Min(min, System.Numerics.Tensors.TensorPrimitives.Min(values)),
                Math.Max(max, System.Numerics.Tensors.TensorPrimitives.Max(values)));
        }
    }

    private static TypeProto FloatTensor() =>
        new() { TensorType = new TypeProto.Types.Tensor { ElemType = TensorProto.Types.DataType.Float } };
}
