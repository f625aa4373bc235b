using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary>The files of a model folder's towers at a precision, so that everybody runs the very same.</summary>
/// <param name="Folder">The model folder.</param>
/// <param name="Vision">The image tower, relative to it.</param>
/// <param name="Text">The text tower, relative to it.</param>
/// <param name="DType">The precision's name in transformers.js.</param>
internal sealed record TowerFiles(string Folder, string Vision, string Text, string DType)
{
    private static readonly (ClipPrecision Precision, string Suffix, string DType)[] Known =
    [
        (ClipPrecision.Fp32, "", "fp32"), (ClipPrecision.Fp16, "_fp16", "fp16"),
        (ClipPrecision.Int8, "_int8", "int8"), (ClipPrecision.Int8, "_quantized", "q8"), (ClipPrecision.Int8, "_uint8", "uint8"),
    ];

    public string VisionPath => Path.Combine(Folder, Vision);

    public string TextPath => Path.Combine(Folder, Text);

    /// <summary>Finds the first of a precision's files that is there.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static TowerFiles Find(string folder, ClipPrecision precision)
    {
        foreach (var (_, suffix, dtype) in Known.Where(k => k.Precision == precision))
        {
            var files = new TowerFiles(Path.GetFullPath(folder), $"onnx/vision_model{suffix}.onnx", $"onnx/text_model{suffix}.onnx", dtype);
            if (File.Exists(files.VisionPath)) return files;
        }

        throw new FileNotFoundException($"'{folder}' has no onnx/vision_model of precision {precision}; write one, e.g. with init.");
    }

    public ClipModel Open(int batchSize, int threads) => ClipModel.Open(Folder, new()
    {
        VisionModelFile = Vision,
        TextModelFile = File.Exists(TextPath) ? Text : null,
        BatchSize = batchSize,
        Session = new() { IntraOpThreads = threads },
    });
}
