using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;
using Clip.Conversion.Onnx;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Towers;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Conversion.ModelFolders;

/// <summary>A model folder of one of the zoo's families: its own config and names, and the same ONNX files as any.</summary>
/// <param name="Files">Its config.</param>
/// <param name="Model">What the config and the weights are.</param>
/// <param name="Weights">By the family's own names.</param>
/// <param name="Preprocessing">How pictures are prepared; null for a text tower alone.</param>
/// <param name="WriteTokenizer">Given the folder, writes the tokenizer's files; null for none.</param>
internal sealed record ZooFolder(
    ZooFiles Files, ZooModel Model, IReadOnlyDictionary<string, WeightTensor> Weights, ClipImagePreprocessing? Preprocessing,
    Action<string>? WriteTokenizer)
{
    /// <summary>Writes or replaces a folder, all of it or nothing.</summary>
    /// <exception cref="ClipException">The weights do not fit the config.</exception>
    public void Write(string target, IReadOnlyCollection<OnnxPrecision> precisions) => AtomicFolder.Write(target, folder =>
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), Files.ForFolder(Model));
        Preprocessing?.Save(Path.Combine(folder, ModelPreprocessing.Name));
        WriteTokenizer?.Invoke(folder);
        ZooExporter.Export(Model, Weights, Path.Combine(folder, "onnx"), precisions);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), Weights);
    });

    /// <summary>Writes a folder of random weights, to measure with.</summary>
    /// <returns>What was written, in words.</returns>
    public static string WriteRandom(ZooFiles files, string? tokenizer, long seed, string target)
    {
        var model = files.Model(weights: null);
        var write = model.Text is null ? null : Tokenizer(files, model.Text, tokenizer, new CompanionFiles(null));
        var weights = RandomWeights.Create([.. model.Layout()], seed);
        new ZooFolder(files, model, weights, model.Image is null ? null : UsualPreprocessing(model), write).Write(
            target, [OnnxPrecision.Fp32]);
        return $"{model.Family}: {model.Sizes}";
    }

    /// <summary>What models of the kind were mostly trained with, at its size.</summary>
    public static ClipImagePreprocessing UsualPreprocessing(ZooModel model) => model.HasLogitBias
        ? ModelPreprocessing.Squashed(model.Image!.ImageSize)
        : ClipImagePreprocessing.ForSize(model.Image!.ImageSize);

    /// <summary>How a model's pictures are prepared: by what a file beside it says, or the config itself; else the usual.</summary>
    /// <returns>Null for a text tower alone; and whether anything said so.</returns>
    /// <exception cref="ClipException">It is not understood, or for another size than the model's.</exception>
    public static (ClipImagePreprocessing? Settings, bool IsTold) FindPreprocessing(
        ZooFiles files, ZooModel model, CompanionFiles around)
    {
        if (model.Image is not { ImageSize: var size }) return (null, false);
        var (found, source) = around.Preprocessing() is var (settings, file) ? (settings, file) : (FromConfig(files), files.Source);
        if (found is null) return (UsualPreprocessing(model), false);
        ModelPreprocessing.RequireSize(found, source, size);
        return (found, true);
    }

    private static ClipImagePreprocessing? FromConfig(ZooFiles files)
    {
        try
        {
            return files.File is { } path ? PreprocessingFile.ReadIfTold(path) : null;
        }
        catch (FormatException e)
        {
            throw new ClipException(e.Message, e);
        }
    }

    /// <summary>
    /// What writes a tokenizer into a folder: CLIP's own for open_clip's text tower, else the files as they are; null where there is none.
    /// </summary>
    /// <param name="files">The model's config.</param>
    /// <param name="text">Its text tower.</param>
    /// <param name="given">A tokenizer to use; null for the one that lies beside.</param>
    /// <param name="around">What lies beside the weights.</param>
    /// <exception cref="ClipException">There is none of the kind, or it is for another model.</exception>
    public static Action<string>? Tokenizer(ZooFiles files, TextTower text, string? given, CompanionFiles around)
    {
        if (text is OpenClipText own && !files.NamesTokenizer)
        {
            if ((given ?? around.AnyTokenizer) is not { } path) return null;
            if (TokenizerSource.Open(path).Vocabulary is not { } tokenizer) return Copied(path);
            if (tokenizer.Size > own.VocabSize)
                throw new ClipException(
                    $"The tokenizer has {tokenizer.Size} entries but the model only {own.VocabSize}; give the `Tokenizer` it was "
                    + "trained with.");
            return folder => tokenizer.Save(folder, own.ContextLength, own.NeedsFullContext);
        }

        return given is null && CopiedTokenizer.Find(around.TokenizerFolder) is null ? null : Copied(given ?? around.TokenizerFolder!);

        Action<string> Copied(string path)
        {
            var found = CopiedTokenizer.Open(path);
            found.RequireFit(text.VocabSize);
            return found.CopyTo;
        }
    }
}
