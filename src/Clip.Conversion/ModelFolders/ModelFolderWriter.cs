using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;

namespace Clip.Conversion.ModelFolders;

/// <summary>Writes a model folder in Hugging Face's layout: what Microsoft.ML.Clip, transformers and transformers.js open.</summary>
public static class ModelFolderWriter
{
    /// <summary>
    /// Writes <c>config.json</c>, <c>preprocessor_config.json</c>, <c>model.safetensors</c> (Hugging Face's names; it has none for a
    /// CLIP with a ResNet, whose parameters and batch norm statistics keep OpenAI's), <c>onnx/vision_model.onnx</c>,
    /// <c>onnx/text_model.onnx</c> and <c>onnx/model.onnx</c> (see <see cref="ClipOnnxExporter"/>). Of a model without a text tower
    /// the image tower is the only ONNX file, and the weights keep their names.
    /// All is written to a folder beside, which takes the name when complete; until then a former model stays as it is.
    /// </summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="weights">The model's parameters, and a ResNet's batch norm statistics, by OpenAI's names.</param>
    /// <param name="outputFolder">Created; replaced if it is empty or holds a model (a <c>config.json</c>).</param>
    /// <param name="writeTokenizer">Given the folder to write the tokenizer's files into; null for a folder without.</param>
    /// <param name="precisions">How to store the weights of the ONNX files. Default single precision alone.</param>
    /// <param name="background">The red, green and blue that pictures lie on; null where their alpha is dropped.</param>
    /// <exception cref="ClipException">The folder holds something else, or the weights do not fit the config.</exception>
    public static void Write(
        ClipConfig config,
        IReadOnlyDictionary<string, WeightTensor> weights,
        string outputFolder,
        Action<string>? writeTokenizer,
        IReadOnlyCollection<OnnxPrecision>? precisions = null,
        byte[]? background = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        var target = EnsureReplaceable(outputFolder);

        // A sibling, for only within one volume is a move all or nothing.
        var aside = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(aside);
            File.WriteAllText(Path.Combine(aside, "config.json"), ClipConfigJson.ToHuggingFace(config));
            var preprocessor = Preprocessor(config);
            if (background is not null) preprocessor["background"] = new JsonArray(background[0], background[1], background[2]);
            File.WriteAllText(Path.Combine(aside, "preprocessor_config.json"), preprocessor.ToJsonString(Indented));
            writeTokenizer?.Invoke(aside);
            ClipOnnxExporter.Export(config, weights, Path.Combine(aside, "onnx"), precisions);
            var named = config.Vision is ResNetConfig || config.TextSide != TextSide.Tower ? weights : NameMap.ToHuggingFace(weights);
            SafetensorsWriter.Write(Path.Combine(aside, "model.safetensors"), named);
            MoveIntoPlace(aside, target);
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>Checks, before any work is done, that a model may be written to a folder.</summary>
    /// <param name="outputFolder">Absent, empty, or holding a model (a <c>config.json</c>).</param>
    /// <returns>The folder's full path.</returns>
    /// <exception cref="ClipException">It is a file, or holds something else.</exception>
    public static string EnsureReplaceable(string outputFolder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(outputFolder);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (File.Exists(target)) throw new ClipException($"{target} is a file; give the name of a folder for the model.");
        var isModel = File.Exists(Path.Combine(target, "config.json"));
        if (!isModel && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new ClipException($"{target} holds something that is no model; give a new or an empty folder.");
        return target;
    }

    /// <summary>Gives a complete folder its name, in place of a former one.</summary>
    internal static void MoveIntoPlace(string aside, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(aside, target);
            return;
        }

        var former = $"{target}.{Guid.NewGuid():N}.former";
        Directory.Move(target, former);
        try
        {
            Directory.Move(aside, target);
        }
        catch
        {
            Directory.Move(former, target);
            throw;
        }

        Directory.Delete(former, recursive: true);
    }

    private static JsonObject Preprocessor(ClipConfig config) =>
        config.IsSiglip ? SiglipPreprocessor(config.Vision.ImageSize) : ClipPreprocessor(config.Vision.ImageSize);

    /// <summary>CLIP's preprocessing by the keys of Hugging Face's CLIPImageProcessor; mean and deviation are OpenAI's.</summary>
    private static JsonObject ClipPreprocessor(int imageSize) => new()
    {
        ["crop_size"] = new JsonObject { ["height"] = imageSize, ["width"] = imageSize },
        ["do_center_crop"] = true,
        ["do_convert_rgb"] = true,
        ["do_normalize"] = true,
        ["do_rescale"] = true,
        ["do_resize"] = true,
        ["image_mean"] = new JsonArray(0.48145466, 0.4578275, 0.40821073),
        ["image_processor_type"] = "CLIPImageProcessor",
        ["image_std"] = new JsonArray(0.26862954, 0.26130258, 0.27577711),
        // Pillow's number for bicubic.
        ["resample"] = 3,
        ["rescale_factor"] = 1 / 255.0,
        ["size"] = new JsonObject { ["shortest_edge"] = imageSize },
    };

    /// <summary>SigLIP's, by the keys of SiglipImageProcessor: the whole image squashed to a square, values from −1 to 1.</summary>
    private static JsonObject SiglipPreprocessor(int imageSize) => new()
    {
        ["do_convert_rgb"] = true,
        ["do_normalize"] = true,
        ["do_rescale"] = true,
        ["do_resize"] = true,
        ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
        ["image_processor_type"] = "SiglipImageProcessor",
        ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        ["processor_class"] = "SiglipProcessor",
        ["resample"] = 3,
        ["rescale_factor"] = 1 / 255.0,
        ["size"] = new JsonObject { ["height"] = imageSize, ["width"] = imageSize },
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
