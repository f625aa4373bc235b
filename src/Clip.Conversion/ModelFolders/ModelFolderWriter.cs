using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>What a model folder holds.</summary>
/// <param name="Config">The model's sizes.</param>
/// <param name="Weights">The model's parameters, and a ResNet's batch norm statistics, by OpenAI's names.</param>
/// <param name="Preprocessing">How pictures become its input; see <see cref="ClipImagePreprocessing.Save"/>.</param>
/// <param name="Tokenizer">Given the folder, writes the tokenizer's files into it; null for a folder without.</param>
public sealed record ModelFolderContents(
    ClipConfig Config,
    IReadOnlyDictionary<string, WeightTensor> Weights,
    ClipImagePreprocessing Preprocessing,
    Action<string>? Tokenizer);

/// <summary>Writes a model folder in Hugging Face's layout: what Microsoft.ML.Clip, transformers and transformers.js open.</summary>
public static class ModelFolderWriter
{
    /// <summary>
    /// Writes <c>config.json</c>, <c>preprocessor_config.json</c>, <c>model.safetensors</c> (Hugging Face's names; it has none for a
    /// CLIP with a ResNet, whose parameters and batch norm statistics keep OpenAI's), <c>onnx/vision_model.onnx</c>,
    /// <c>onnx/text_model.onnx</c> and <c>onnx/model.onnx</c> (see <see cref="ClipOnnxExporter"/>). Of a model without a text tower
    /// the image tower is the only ONNX file, and the weights keep their names. A model that open_clip alone has (a ConvNeXt, LayerScale,
    /// another pooling of the image tower) gets open_clip's config and names.
    /// All is written to a folder beside, which takes the name when complete; until then a former model stays as it is.
    /// </summary>
    /// <param name="contents">The model and what belongs to it.</param>
    /// <param name="outputFolder">Created; replaced if it is empty or holds a model (a <c>config.json</c>).</param>
    /// <param name="precisions">How to store the weights of the ONNX files. Default single precision alone.</param>
    /// <exception cref="ClipException">
    /// The folder holds something else, the weights do not fit the config, or one of them is not a finite number.
    /// </exception>
    public static void Write(ModelFolderContents contents, string outputFolder, IReadOnlyCollection<OnnxPrecision>? precisions = null)
    {
        ArgumentNullException.ThrowIfNull(contents);
        var (config, weights) = (contents.Config, contents.Weights);
        FiniteWeights.Require(weights);
        if (config.ForUse is var used && used.IsOpenClips)
        {
            var files = new ZooFiles(ClipConfigJson.ToHuggingFace(used), "the config");
            EnsureReplaceable(outputFolder);
            new ZooFolder(files, files.Model(weights), weights, contents.Preprocessing, contents.Tokenizer).Write(
                outputFolder, precisions ?? [OnnxPrecision.Fp32]);
            return;
        }

        AtomicFolder.Write(EnsureReplaceable(outputFolder), folder =>
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), ClipConfigJson.ToHuggingFace(used));
            contents.Preprocessing.Save(Path.Combine(folder, ModelPreprocessing.Name));
            contents.Tokenizer?.Invoke(folder);
            ClipOnnxExporter.Export(config, weights, Path.Combine(folder, "onnx"), precisions);
            var named = config.Vision is ResNetConfig || config.TextSide != TextSide.Tower ? weights : NameMap.ToHuggingFace(weights);
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), named);
        });
    }

    /// <summary>Checks, before any work is done, that a model may be written to a folder.</summary>
    /// <param name="outputFolder">Absent, empty, or holding a model (a <c>config.json</c>) and nothing else.</param>
    /// <param name="sources">Files or folders that the model is made from and that must outlive it; null for none.</param>
    /// <returns>The folder's full path.</returns>
    /// <exception cref="ClipException">It is a file, holds something else, or would take a source with it.</exception>
    public static string EnsureReplaceable(string outputFolder, params ReadOnlySpan<string?> sources)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(outputFolder);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (File.Exists(target)) throw new ClipException($"{target} is a file; give the name of a folder for the model.");
        var isModel = File.Exists(Path.Combine(target, "config.json"));
        if (!isModel && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new ClipException($"{target} holds something that is no model; give a new or an empty folder.");
        if (isModel && Stranger(target) is { } other)
            throw new ClipException(
                $"{target} holds '{other}', which is no part of a model and would be lost; move it away, or give another `Output`.");
        foreach (var source in sources)
        {
            // Links are followed: one that leads into the folder leads to what would be replaced.
            if (source is null || (!File.Exists(source) && !Directory.Exists(source))) continue;
            if ((RealPath(source) + Path.DirectorySeparatorChar).StartsWith(
                RealPath(target) + Path.DirectorySeparatorChar, PathComparison))
                throw new ClipException(
                    $"{target} holds '{source}', which would be replaced by what is made from it; give another `Output`.");
        }

        return target;
    }

    /// <summary>What lies in a folder and in none of a model, ours or downloaded; null where all is a model's.</summary>
    private static string? Stranger(string folder)
    {
        return Find(folder, name => FileNames.Contains(name) || IsWeights(name), "onnx")
            ?? (Directory.Exists(Path.Combine(folder, "onnx")) ? Find(Path.Combine(folder, "onnx"), IsWeights, null) : null);

        static bool IsWeights(string name) => name is ".DS_Store" or "Thumbs.db"
            || WeightEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

        static string? Find(string folder, Predicate<string> isModels, string? subfolder) =>
            Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(name => !isModels(name))
                .Concat(Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => name != subfolder))
                .Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static readonly string[] WeightEndings = [".onnx", ".onnx_data", ".onnx.data", ".safetensors", ".safetensors.index.json"];

    private static readonly HashSet<string> FileNames =
    [
        "config.json", "open_clip_config.json", "generation_config.json", "quantize_config.json", "quantization_config.json",
        ModelPreprocessing.Name, "processor_config.json", .. BpeVocabulary.FileNames, .. TokenizerSource.FileNames,
    ];

    private static StringComparison PathComparison =>
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>A path with the links in it followed.</summary>
    private static string RealPath(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
        if (info.Exists && info.ResolveLinkTarget(returnFinalTarget: true) is { } real) full = Path.GetFullPath(real.FullName);
        return Path.GetDirectoryName(full) is { } parent ? Path.Combine(RealPath(parent), Path.GetFileName(full)) : full;
    }
}
