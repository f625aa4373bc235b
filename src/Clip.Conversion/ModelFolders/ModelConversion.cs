using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>What to convert, and what the files do not tell.</summary>
internal sealed record ConversionOptions
{
    /// <summary>A checkpoint file or a folder with one.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The model folder to write.</summary>
    public required string Output { get; init; }

    /// <summary>How the ONNX files store their weights.</summary>
    public IReadOnlyCollection<OnnxPrecision> Precisions { get; init; } = [OnnxPrecision.Fp32];

    /// <summary>A config to use in place of the one beside the checkpoint, or of none.</summary>
    public string? Config { get; init; }

    /// <summary>A tokenizer to use in place of the one beside the checkpoint, or of none; see <see cref="TokenizerFiles.Forms"/>.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The activation; null for the config's, or the source's where that tells.</summary>
    public Activation? Activation { get; init; }

    /// <summary>Heads of the image tower; null for the config's or width / 64.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Heads of the text tower; null for the config's or width / 64.</summary>
    public int? TextHeads { get; init; }
}

/// <summary>Any checkpoint in, a model folder out.</summary>
internal sealed class ModelConversion(ConversionOptions options, Action<string> say, Action<string> warn)
{
    /// <summary>Longer than any published CLIP's; the causal mask, its square, is part of the graph.</summary>
    private const int MaxContext = 4096;

    /// <summary>Converts. Nothing is left behind where this fails.</summary>
    /// <exception cref="ClipException">The checkpoint cannot be converted, or something is still to be told.</exception>
    public void Run()
    {
        var target = ModelFolderWriter.EnsureReplaceable(options.Output);
        var around = CompanionFiles.Of(options.Checkpoint);
        using var checkpoint = CheckpointFile.Open(options.Checkpoint);
        if (Path.GetFullPath(checkpoint.Path).StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ClipException($"{target} holds the checkpoint and would be replaced; give another `Output`.");

        var config = Config(checkpoint, around, out var isInferred);
        var writeTokenizer = config.IsSiglip ? SiglipTokenizer(around, config) : Tokenizer(around, ref config, isInferred);
        if (config.Text.ContextLength > MaxContext)
            throw new ClipException(
                $"{checkpoint.Path} has a context of {config.Text.ContextLength} tokens; at most {MaxContext} are supported.");
        var preprocessing = around.Preprocessing is { } file ? PreprocessingFile.Read(file, config.Vision.ImageSize) : null;
        var isOwn = preprocessing is null
            || (!config.IsSiglip && preprocessing == ClipImagePreprocessing.ForSize(config.Vision.ImageSize));

        say($"{checkpoint.Path}: {ModelDescription.Architecture(config)}");
        say($"{(isInferred ? "Inferred from the weights" : "From the config")}: {ModelDescription.Sizes(config)}");
        ModelFolderWriter.Write(config, checkpoint.Weights, target, WriteRest, options.Precisions);
        say($"Model folder: {target}");
        if (writeTokenizer is null)
        {
            warn("The folder has no tokenizer, so only its image side works; convert again with `Tokenizer`, "
                + "or put tokenizer.json, or vocab.json and merges.txt, into it.");
        }

        void WriteRest(string folder)
        {
            writeTokenizer?.Invoke(folder);
            if (!isOwn) PreprocessingFile.Apply(preprocessing!, folder);
        }
    }

    private ClipConfig Config(CheckpointFile checkpoint, CompanionFiles around, out bool isInferred)
    {
        isInferred = (options.Config ?? around.Config) is null;
        if ((options.Config ?? around.Config) is { } path)
        {
            var config = ModelConfigFile.Read(path);
            config = config with { Activation = options.Activation ?? config.Activation };
            if (options.TextHeads is { } text) config = config with { Text = config.Text with { Heads = text } };
            return WithVisionHeads(config).Validate(path);
        }

        var isSiglip = checkpoint.Weights.ContainsKey(ClipNames.Image.Probe);
        if (options.Activation is null && !checkpoint.IsOpenAIs && !isSiglip)
            throw new ClipException(
                $"{checkpoint.Path} does not tell which activation its model was trained with: give `Activation=QuickGelu` "
                + "(OpenAI's weights and what was made from them), `Activation=Gelu` (most others), or `Config`.");
        var activation = options.Activation ?? (isSiglip ? Activation.GeluTanh : Activation.QuickGelu);
        return ArchitectureInference.Infer(
            checkpoint.Weights, new ArchitectureHints(activation, options.VisionHeads, options.TextHeads), checkpoint.Path);
    }

    private ClipConfig WithVisionHeads(ClipConfig config) => (options.VisionHeads, config.Vision) switch
    {
        ({ } heads, VisionTransformerConfig vision) => config with { Vision = vision with { Heads = heads } },
        ({ } heads, ResNetConfig vision) => config with { Vision = vision with { Heads = heads } },
        _ => config,
    };

    /// <summary>
    /// What writes CLIP's tokenizer into a folder; null where there is none. It tells a config off the weights its special tokens.
    /// </summary>
    private Action<string>? Tokenizer(CompanionFiles around, ref ClipConfig config, bool isInferred)
    {
        if ((options.Tokenizer ?? around.Tokenizer) is not { } path) return null;
        var tokenizer = TokenizerFiles.Load(path);
        if (isInferred)
            config = config with { Text = config.Text with { BosTokenId = tokenizer.StartOfTextId, EosTokenId = tokenizer.EndOfTextId } };
        TokenizerFiles.RequireFit(tokenizer, config.Text);
        var context = config.Text.ContextLength;
        // Where padding matters, it is open_clip's; else Hugging Face's, which its clients expect.
        var padding = config.Text.NeedsFullContext ? 0 : tokenizer.EndOfTextId;
        return folder => tokenizer.Save(folder, context, padding);
    }

    private Action<string>? SiglipTokenizer(CompanionFiles around, ClipConfig config)
    {
        var files = options.Tokenizer is { } path ? SiglipTokenizerFiles.Open(path) : SiglipTokenizerFiles.Find(around.Folder);
        files?.RequireFit(config.Text.VocabSize);
        return files is null ? null : files.CopyTo;
    }
}
