using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Microsoft.ML.Clip;

namespace Clip.Conversion.Quantization;

/// <summary>One tower of a model folder, run on samples as its users will run it: by <see cref="ClipModel"/>.</summary>
/// <param name="folder">The model folder: preprocessing and tokenizer.</param>
/// <param name="stem">Which tower: <see cref="ClipOnnxExporter.VisionStem"/> or <see cref="ClipOnnxExporter.TextStem"/>.</param>
/// <param name="samples">Paths of images, or texts.</param>
/// <param name="aside">A folder for the files that are tried.</param>
internal sealed class SampleTower(string folder, string stem, IReadOnlyList<string> samples, string aside)
{
    /// <summary>Which tower.</summary>
    public string Stem => stem;

    /// <summary>Writes a graph where it may be forgotten and runs it.</summary>
    public float[][] Try(GraphProto graph)
    {
        var file = Path.Combine(aside, "trial.onnx");
        ModelFile.Write(graph, file, ModelFile.MaxInlineBytes);
        try
        {
            return Run(file);
        }
        finally
        {
            ModelFile.Delete(file);
        }
    }

    /// <summary>The samples' features, of length 1.</summary>
    public float[][] Run(string onnxFile)
    {
        var isVision = stem == ClipOnnxExporter.VisionStem;
        var options = isVision ? new ClipModelOptions { VisionModelFile = onnxFile } : new ClipModelOptions { TextModelFile = onnxFile };
        using var model = ClipModel.Open(folder, options);
        return isVision ? model.EmbedImages(samples) : model.EmbedTexts(samples);
    }
}
