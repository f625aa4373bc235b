using Clip.Conversion.Configs;

namespace Clip.Conversion.Checkpoints;

/// <summary>What the weights cannot tell of a model.</summary>
/// <param name="Activation">The activation of the MLPs.</param>
/// <param name="VisionHeads">Attention heads of the image tower; null for those of the published model of its width.</param>
/// <param name="TextHeads">Attention heads of the text tower; null for those of the published model of its width.</param>
/// <param name="IsOpenAIs">
/// Whether the model follows OpenAI's rule for heads, width / 64, where no published model has its width; null where its activation is
/// quick-GELU, as OpenAI's and that of the models made from them.
/// </param>
public sealed record ArchitectureHints(Activation Activation, int? VisionHeads = null, int? TextHeads = null, bool? IsOpenAIs = null)
{
    /// <summary>The same with the rule settled.</summary>
    internal bool HasOpenAIsHeads => IsOpenAIs ?? Activation == Activation.QuickGelu;
}

/// <summary>
/// Reads a model's sizes off its weights, as OpenAI's <c>build_model</c> (openai/CLIP model.py) and open_clip's
/// <c>build_model_from_openai_state_dict</c> do: every size but the number of heads is a dimension of some tensor.
/// </summary>
public static class ArchitectureInference
{
    private const string Blocks = "transformer.resblocks.";

    /// <summary>
    /// Heads by width in the published models, OpenAI's and open_clip's (its model_configs): of Vision Transformers, whose huge ones do
    /// not have width / 64, ...
    /// </summary>
    private static readonly Dictionary<int, int> VisionHeads = new()
    {
        [384] = 6, [512] = 8, [640] = 10, [768] = 12, [896] = 14, [1024] = 16, [1280] = 16, [1408] = 16, [1664] = 16, [1792] = 16,
    };

    /// <summary>... of text towers, ...</summary>
    private static readonly Dictionary<int, int> TextHeads = new()
    {
        [384] = 6, [512] = 8, [640] = 10, [768] = 12, [1024] = 16, [1280] = 20,
    };

    /// <summary>... and of the pooling of ResNets, by its width.</summary>
    private static readonly Dictionary<int, int> PoolingHeads = new() { [2048] = 32, [2560] = 40, [3072] = 48, [4096] = 64 };

    /// <summary>Whether the heads of the towers follow from their widths, so that none need be told.</summary>
    internal static (bool Vision, bool Text) KnowHeads(IReadOnlyDictionary<string, WeightTensor> weights, bool isOpenAIs)
    {
        var isSiglip = weights.ContainsKey(SiglipNames.Probe);
        var isResNet = weights.ContainsKey("visual.layer1.0.conv1.weight");
        return (Knows(Rows("visual.ln_post.weight", "visual.attnpool.k_proj.weight"), isResNet ? PoolingHeads : VisionHeads),
            Knows(Rows("ln_final.weight"), TextHeads));

        bool Knows(int width, Dictionary<int, int> published) =>
            width == 0 || (isSiglip ? SiglipConfigJson.Heads(width) is not null : Published(width, published, isOpenAIs) is not null);

        int Rows(params string[] names) => names.Select(name => weights.GetValueOrDefault(name)).FirstOrDefault(w => w is { Shape.Count: > 0 })
            is { } weight ? (int)Math.Min(weight.Shape[0], int.MaxValue) : 0;
    }

    /// <summary>Infers the sizes. Start and end of text are taken to be the vocabulary's last two tokens, as in CLIP's.</summary>
    /// <param name="weights">A model's parameters by OpenAI's names.</param>
    /// <param name="hints">What to go by where the weights do not tell.</param>
    /// <param name="source">Where the weights came from, for messages.</param>
    /// <exception cref="ClipException">They are not a CLIP model's, or the heads do not follow from the width.</exception>
    public static ClipConfig Infer(IReadOnlyDictionary<string, WeightTensor> weights, ArchitectureHints hints, string source)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(hints);
        var shapes = new Shapes(weights, source);
        if (weights.ContainsKey(SiglipNames.Probe)) return Siglip(shapes, hints);
        var towers = TowersOf(weights);
        var vision = towers == ModelTowers.Text ? new VisionTransformerConfig()
            : weights.ContainsKey("visual.layer1.0.conv1.weight") ? (VisionConfig)ResNet(shapes, hints) : VisionTransformer(shapes, hints);
        if (towers == ModelTowers.Image)
        {
            var embedDim = vision is ResNetConfig
                ? shapes.Of("visual.attnpool.c_proj.weight", 0, rank: 2) : shapes.Of("visual.proj", 1, rank: 2);
            return new ClipConfig { EmbedDim = embedDim, Activation = hints.Activation, Vision = vision, Towers = towers }.Validate(source);
        }

        var width = shapes.Of("ln_final.weight", 0, rank: 1);
        var hasBias = weights.ContainsKey("text_projection.bias");
        return new ClipConfig
        {
            EmbedDim = hasBias ? shapes.Of("text_projection.weight", 0, rank: 2) : shapes.Of("text_projection", 1, rank: 2),
            Activation = hints.Activation,
            Towers = towers,
            Vision = vision,
            Text = new TextConfig
            {
                ContextLength = shapes.Of("positional_embedding", 0, rank: 2),
                Width = width,
                Layers = shapes.Count(Blocks),
                Heads = Heads(width, hints.TextHeads, TextHeads, hints, "text", source),
                MlpWidth = shapes.Of($"{Blocks}0.mlp.c_fc.weight", 0, rank: 2),
                HasProjectionBias = hasBias,
            },
        }.WithVocabulary(shapes.Of("token_embedding.weight", 0, rank: 2)).Validate(source);
    }

    /// <summary>Which towers a model's weights are of; of what is no model's, both.</summary>
    internal static ModelTowers TowersOf(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var hasImage = weights.Keys.Any(name => name.StartsWith("visual.", StringComparison.Ordinal));
        var hasText = weights.Keys.Any(name => name.StartsWith(Blocks, StringComparison.Ordinal))
            || weights.ContainsKey("token_embedding.weight") || weights.ContainsKey("text_projection");
        return (hasImage, hasText) switch
        {
            (true, false) => ModelTowers.Image,
            (false, true) => ModelTowers.Text,
            _ => ModelTowers.Both,
        };
    }

    private static VisionTransformerConfig VisionTransformer(Shapes shapes, ArchitectureHints hints)
    {
        const string conv = "visual.conv1.weight";
        var (width, patch) = (shapes.Of(conv, 0, rank: 4), shapes.Of(conv, 2, rank: 4));
        return new VisionTransformerConfig
        {
            ImageSize = patch * shapes.Side("visual.positional_embedding"),
            PatchSize = patch,
            Width = width,
            Layers = shapes.Count($"visual.{Blocks}"),
            Heads = Heads(width, hints.VisionHeads, VisionHeads, hints, "vision", shapes.Source),
            MlpWidth = shapes.Of($"visual.{Blocks}0.mlp.c_fc.weight", 0, rank: 2),
        };
    }

    /// <summary>A SigLIP, recognised by its probe; the heads are those of the published widths.</summary>
    private static ClipConfig Siglip(Shapes shapes, ArchitectureHints hints)
    {
        const string conv = "visual.conv1.weight";
        int width = shapes.Of(conv, 0, rank: 4), patch = shapes.Of(conv, 2, rank: 4);
        var textWidth = shapes.Of("ln_final.weight", 0, rank: 1);
        var vision = new VisionTransformerConfig
        {
            ImageSize = patch * shapes.Side("visual.positional_embedding", besides: 0),
            PatchSize = patch,
            Width = width,
            Layers = shapes.Count($"visual.{Blocks}"),
            Heads = SiglipHeads(width, hints.VisionHeads, "vision", shapes.Source),
            MlpWidth = shapes.Of($"visual.{Blocks}0.mlp.c_fc.weight", 0, rank: 2),
        };
        var text = new TextConfig
        {
            ContextLength = shapes.Of("positional_embedding", 0, rank: 2),
            VocabSize = shapes.Of("token_embedding.weight", 0, rank: 2),
            Width = textWidth,
            Layers = shapes.Count(Blocks),
            Heads = SiglipHeads(textWidth, hints.TextHeads, "text", shapes.Source),
            MlpWidth = shapes.Of($"{Blocks}0.mlp.c_fc.weight", 0, rank: 2),
        };
        return SiglipConfigJson.Of(hints.Activation, shapes.Of("text_projection.weight", 0, rank: 2), vision, text).Validate(shapes.Source);
    }

    private static int SiglipHeads(int width, int? hint, string tower, string source) => hint ?? SiglipConfigJson.Heads(width)
        ?? throw new ClipException(
            $"{source}: no published SigLIP has a {tower} tower of width {width}, so its heads are unknown; "
            + $"give --{tower}-heads or --config.");

    private static ResNetConfig ResNet(Shapes shapes, ArchitectureHints hints)
    {
        var width = shapes.Of("visual.layer1.0.conv1.weight", 0, rank: 4);
        return new ResNetConfig
        {
            ImageSize = ResNetConfig.Stride * shapes.Side("visual.attnpool.positional_embedding"),
            Width = width,
            Blocks = [.. Enumerable.Range(1, 4).Select(stage => shapes.Count($"visual.layer{stage}."))],
            Heads = Heads(32 * width, hints.VisionHeads, PoolingHeads, hints, "vision", shapes.Source),
        };
    }

    private static int Heads(
        int width, int? hint, Dictionary<int, int> published, ArchitectureHints hints, string tower, string source) =>
        hint ?? Published(width, published, hints.HasOpenAIsHeads) ?? throw new ClipException(
            width % 64 != 0
                ? $"{source}: the {tower} tower's width {width} is no multiple of 64, so its heads are unknown; "
                    + $"give --{tower}-heads or --config."
                : $"{source}: no published model has a {tower} tower of width {width}, so its heads are unknown; "
                    + $"give --{tower}-heads or --config.");

    private static int? Published(int width, Dictionary<int, int> published, bool isOpenAIs) =>
        published.TryGetValue(width, out var heads) ? heads : isOpenAIs && width % 64 == 0 ? width / 64 : null;

    /// <summary>Dimensions of named tensors.</summary>
    private sealed class Shapes(IReadOnlyDictionary<string, WeightTensor> weights, string source)
    {
        public string Source => source;

        public int Of(string name, int axis, int rank)
        {
            if (!weights.TryGetValue(name, out var weight))
                throw new ClipException(
                    $"{source} has no tensor '{name}', which every plain CLIP model has; give a checkpoint of such a model.");
            return weight.Shape.Count == rank && weight.Shape[axis] is > 0 and <= int.MaxValue
                ? (int)weight.Shape[axis]
                : throw new ClipException(
                    $"{source}: the tensor '{name}' has shape [{string.Join(", ", weight.Shape)}], unlike in any CLIP model.");
        }

        /// <summary>How many numbered parts there are after a prefix: one more than the largest number.</summary>
        public int Count(string prefix)
        {
            var count = 0;
            foreach (var name in weights.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                var number = name.AsSpan(prefix.Length);
                var dot = number.IndexOf('.');
                // More digits than any model has layers overflow no int and fail later, as a weight that is missing.
                if (dot is > 0 and < 6 && int.TryParse(number[..dot], out var index)) count = Math.Max(count, index + 1);
            }

            return count;
        }

        /// <summary>The side of the square grid that positions belong to, but for some that are no places of the image.</summary>
        public int Side(string name, int besides = 1)
        {
            var places = Of(name, 0, rank: 2) - besides;
            var side = (int)Math.Round(Math.Sqrt(places));
            return side > 0 && side * side == places
                ? side
                : throw new ClipException(
                    $"{source}: '{name}' has {places} places, which are no square; images that are not square are not supported.");
        }
    }
}
