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

    /// <summary>Heads of the image tower; null for the config's, or those of the published models of its width.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Heads of the text tower; null for the config's, or those of the published models of its width.</summary>
    public int? TextHeads { get; init; }

    /// <summary>
    /// Height and width of the pictures that the converted model takes, a multiple of a Vision Transformer's patch; null for its own.
    /// </summary>
    public int? ImageSize { get; init; }
}

/// <summary>Any checkpoint in, a model folder out.</summary>
internal sealed class ModelConversion(ConversionOptions options, Action<string> say, Action<string> warn)
{
    /// <summary>The sides of OpenAI's models, all of which have one preprocessing.</summary>
    private static readonly int[] PublishedSizes = [224, 288, 336, 384, 448];

    /// <summary>Longer than any published CLIP's; the causal mask, its square, is part of the graph.</summary>
    private const int MaxContext = 4096;

    /// <summary>Converts. Nothing is left behind where this fails.</summary>
    /// <exception cref="ClipException">The checkpoint cannot be converted, or something is still to be told.</exception>
    public void Run()
    {
        if (ZooFiles.Find(options.Config, CompanionFiles.Of(options.Checkpoint)) is { } zoo)
        {
            new ZooConversion(options, zoo, say, warn).Run();
            return;
        }

        var target = ModelFolderWriter.EnsureReplaceable(options.Output, [options.Checkpoint, .. options.Tokenizer?.Split('+') ?? []]);
        var around = CompanionFiles.Of(options.Checkpoint);
        using var checkpoint = CheckpointFile.Open(options.Checkpoint);
        ModelFolderWriter.EnsureReplaceable(target, checkpoint.Path);

        var config = Config(checkpoint, around, out var isInferred);
        var writeTokenizer = config.Towers == ModelTowers.Image ? null
            : config.IsSiglip ? SiglipTokenizer(around, config)
            : Tokenizer(around, ref config, isInferred);
        if (config.Text.ContextLength > MaxContext)
            throw new ClipException(
                $"{checkpoint.Path} has a context of {config.Text.ContextLength} tokens; at most {MaxContext} are supported.");
        var preprocessing = Preprocessing(around, config);

        say($"{checkpoint.Path}: {ModelDescription.Architecture(config)}");
        say($"{(isInferred ? "Inferred from the weights" : "From the config")}: {ModelDescription.Sizes(config)}");
        if (checkpoint.LeftOut is { } other) warn($"{checkpoint.Path} holds '{other}' too, which is left out.");
        var weights = LowRankMerge.Apply(checkpoint.Weights);
        FiniteWeights.Require(weights, checkpoint.Path);
        if (options.ImageSize is { } side) (config, preprocessing) = Resize(config, preprocessing, weights, side);
        ModelFolderWriter.Write(new ModelFolderContents(config, weights, preprocessing, writeTokenizer), target, options.Precisions);
        say($"Model folder: {target}");
        if (writeTokenizer is null && config.Towers != ModelTowers.Image)
        {
            warn("The folder has no tokenizer, so only its image side works; convert again with `Tokenizer`, "
                + "or put tokenizer.json, or vocab.json and merges.txt, into it.");
        }
    }

    private (ClipConfig, ClipImagePreprocessing) Resize(
        ClipConfig config, ClipImagePreprocessing preprocessing, Dictionary<string, WeightTensor> weights, int side)
    {
        var resized = PositionResize.Config(config, side, options.Checkpoint);
        PositionResize.Apply(weights, (VisionTransformerConfig)config.Vision, (VisionTransformerConfig)resized.Vision);
        say($"For images of {side}: the position embeddings are interpolated. Features are others than at {config.Vision.ImageSize}, so "
            + "measure what the model is worth.");
        return (resized, ModelPreprocessing.Resize(preprocessing, config.Vision.ImageSize, side));
    }

    /// <summary>What a file beside the checkpoint says; else the usual, which is told where it may well be wrong.</summary>
    private ClipImagePreprocessing Preprocessing(CompanionFiles around, ClipConfig config)
    {
        if (config.Towers == ModelTowers.Text) return ModelPreprocessing.Usual(config);
        var size = config.Vision.ImageSize;
        var found = ModelPreprocessing.Of(around, config);
        if (around.Preprocessing() is null && !config.IsSiglip && !PublishedSizes.Contains(size))
        {
            warn($"No file beside the checkpoint tells how pictures are prepared, and {size} is no size of OpenAI's models: their mean and "
                + $"deviation are taken; if the model was trained with others, put its {ModelPreprocessing.Name} beside it and convert "
                + "again.");
        }

        return found;
    }

    private ClipConfig Config(CheckpointFile checkpoint, CompanionFiles around, out bool isInferred)
    {
        isInferred = (options.Config ?? around.Config) is null;
        if ((options.Config ?? around.Config) is { } path)
        {
            var config = ModelConfigFile.Read(path);
            if (options.Activation is { } chosen) config = config with { Activation = chosen, VisionActivation = null };
            if (options.TextHeads is { } text) config = config with { Text = config.Text with { Heads = text } };
            return WithTowers(WithVisionHeads(config), checkpoint).Validate(path);
        }

        if (checkpoint.IsRun)
            throw new ClipException(
                $"{checkpoint.Path} is a checkpoint of clip train, whose config is in the run's {CompanionFiles.Run}; convert it where "
                + "it "
                + $"lies, in OUTPUT.run/checkpoints, or give that {CompanionFiles.Run} as `Config`.");
        var isSiglip = checkpoint.Weights.ContainsKey(ClipNames.Image.Probe);
        if (options.Activation is null && !checkpoint.IsOpenAIs && !isSiglip)
            throw new ClipException(
                $"{checkpoint.Path} does not tell which activation its model was trained with: give `Activation=QuickGelu` "
                + "(OpenAI's weights and what was made from them), `Activation=Gelu` (most others), or `Config`.");
        var activation = options.Activation ?? (isSiglip ? Activation.GeluTanh : Activation.QuickGelu);
        var hints = new ArchitectureHints(activation, options.VisionHeads, options.TextHeads);
        return WithTowers(ArchitectureInference.Infer(checkpoint.Weights, hints, checkpoint.Path), checkpoint);
    }

    /// <summary>The config for the towers that the checkpoint has; what cannot be one that embeds is refused.</summary>
    private static ClipConfig WithTowers(ClipConfig config, CheckpointFile checkpoint)
    {
        if (config.TextSide != TextSide.Tower) return config;
        var there = ArchitectureInference.TowersOf(checkpoint.Weights);
        if (config.Towers != ModelTowers.Both && config.Towers != there && there != ModelTowers.Both)
            throw new ClipException(
                $"{checkpoint.Path} has another tower than its config, which is of the {config.Towers.ToString().ToLowerInvariant()} "
                + "tower; "
                + "give the config of these weights.");
        if (config.Towers == ModelTowers.Both) config = config with { Towers = there };
        if (config is { Towers: ModelTowers.Image, IsSiglip: false, Vision: VisionTransformerConfig }
            && !checkpoint.Weights.ContainsKey(ClipNames.Image.Projection))
            throw Unprojected("visual_projection", "CLIPVisionModelWithProjection");
        if (config is { Towers: ModelTowers.Text, Text.HasProjectionBias: false }
            && !checkpoint.Weights.ContainsKey(ClipNames.Text.Projection))
            throw Unprojected("text_projection", "CLIPTextModelWithProjection");
        return config;

        ClipException Unprojected(string weight, string type) => new(
            $"{checkpoint.Path} has no {weight}, so what its tower puts out is not comparable with the other's; save it as a {type}.");
    }

    private ClipConfig WithVisionHeads(ClipConfig config) => (options.VisionHeads, config.Vision) switch
    {
        ({ } heads, VisionTransformerConfig vision) => config with { Vision = vision with { Heads = heads } },
        ({ } heads, ResNetConfig vision) => config with { Vision = vision with { Heads = heads } },
        _ => config,
    };

    /// <summary>
    /// What writes a tokenizer into a folder; null where there is none. CLIP's tells a config off the weights its special tokens; another
    /// kind's files are copied.
    /// </summary>
    private Action<string>? Tokenizer(CompanionFiles around, ref ClipConfig config, bool isInferred)
    {
        if ((options.Tokenizer ?? around.AnyTokenizer) is not { } path) return null;
        var source = TokenizerSource.Open(path);
        if (source.Vocabulary is not { } tokenizer)
        {
            var other = ModelTokenizer.Open(path, config, config.Text.VocabSize);
            config = other.Config;
            return other.Write;
        }

        if (isInferred)
            config = config with { Text = config.Text with { BosTokenId = tokenizer.StartOfTextId, EosTokenId = tokenizer.EndOfTextId } };
        TokenizerFiles.RequireFit(tokenizer, config.Text);
        var text = config.Text;
        return folder => tokenizer.Save(folder, text.ContextLength, text.NeedsFullContext);
    }

    private Action<string>? SiglipTokenizer(CompanionFiles around, ClipConfig config)
    {
        var files = options.Tokenizer is { } path ? CopiedTokenizer.Open(path) : CopiedTokenizer.Find(around.TokenizerFolder);
        files?.RequireFit(config.Text.VocabSize);
        return files is null ? null : files.CopyTo;
    }
}
