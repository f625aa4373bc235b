using Clip.Conversion.Architectures;
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
    /// <summary>The first bottleneck's convolution, by which a ResNet is recognized.</summary>
    private static readonly string ResNetSign = $"{ClipNames.ResNet.Convolution($"{ClipNames.ResNet.Stage(0)}0.", 1)}.weight";

    /// <summary>Where the channels inside the MLPs stand, behind a tower's <c>Blocks</c>.</summary>
    private static readonly string MlpWidth = $"0{ClipNames.Block.Widen.Weight}";

    /// <summary>
    /// Heads by width in the published models, OpenAI's and open_clip's (its model_configs): of Vision Transformers, whose huge ones do
    /// not have width / 64, ...
    /// </summary>
    private static readonly Dictionary<int, int> VisionHeads = new()
    {
        [384] = 6,
        [512] = 8,
        [640] = 10,
        [768] = 12,
        [896] = 14,
        [1024] = 16,
        [1280] = 16,
        [1408] = 16,
        [1664] = 16,
        [1792] = 16,
    };

    /// <summary>... of text towers, ...</summary>
    private static readonly Dictionary<int, int> TextHeads = new()
    {
        [384] = 6,
        [512] = 8,
        [640] = 10,
        [768] = 12,
        [1024] = 16,
        [1280] = 20,
    };

    /// <summary>... and of the pooling of ResNets, by its width.</summary>
    private static readonly Dictionary<int, int> PoolingHeads = new() { [2048] = 32, [2560] = 40, [3072] = 48, [4096] = 64 };

    /// <summary>Whether the heads of the towers follow from their widths, so that none need be told.</summary>
    internal static (bool Vision, bool Text) KnowHeads(IReadOnlyDictionary<string, WeightTensor> weights, bool isOpenAIs)
    {
        var isSiglip = weights.ContainsKey(ClipNames.Image.Probe);
        var pooling = $"{ClipNames.ResNet.Pool}.{ClipNames.ResNet.Key}.weight";
        return (
            Knows(Rows(ClipNames.Image.NormBehind.Weight, pooling), weights.ContainsKey(ResNetSign) ? PoolingHeads : VisionHeads),
            Knows(Rows(ClipNames.Text.FinalNorm.Weight), TextHeads));

        bool Knows(int width, Dictionary<int, int> published) =>
            width == 0 || (isSiglip ? SiglipConfigJson.Heads(width) is not null : Published(width, published, isOpenAIs) is not null);

        int Rows(params string[] names)
        {
            var found = names.Select(name => weights.GetValueOrDefault(name)).FirstOrDefault(weight => weight is { Shape.Count: > 0 });
            return found is null ? 0 : (int)Math.Min(found.Shape[0], int.MaxValue);
        }
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
        if (weights.ContainsKey(ClipNames.Image.Probe)) return Siglip(shapes, hints);
        var towers = TowersOf(weights);
        var vision = towers == ModelTowers.Text ? new VisionTransformerConfig()
            : weights.ContainsKey(ResNetSign) ? (VisionConfig)ResNet(shapes, hints) : VisionTransformer(shapes, hints);
        if (towers == ModelTowers.Image)
        {
            var embedDim = vision is ResNetConfig
                ? shapes.Of($"{ClipNames.ResNet.Pool}.{ClipNames.ResNet.Output}.weight", 0, rank: 2)
                : shapes.Of(ClipNames.Image.Projection, 1, rank: 2);
            return new ClipConfig { EmbedDim = embedDim, Activation = hints.Activation, Vision = vision, Towers = towers }.Validate(source);
        }

        var width = shapes.Of(ClipNames.Text.FinalNorm.Weight, 0, rank: 1);
        var hasBias = weights.ContainsKey(ClipNames.Text.LinearProjection.Bias);
        return new ClipConfig
        {
            EmbedDim = hasBias
                ? shapes.Of(ClipNames.Text.LinearProjection.Weight, 0, rank: 2)
                : shapes.Of(ClipNames.Text.Projection, 1, rank: 2),
            Activation = hints.Activation,
            Towers = towers,
            Vision = vision,
            Text = new TextConfig
            {
                ContextLength = shapes.Of(ClipNames.Text.Positions, 0, rank: 2),
                Width = width,
                Layers = shapes.Count(ClipNames.Text.Blocks),
                Heads = Heads(width, hints.TextHeads, TextHeads, hints, "text", source),
                MlpWidth = shapes.Of(ClipNames.Text.Blocks + MlpWidth, 0, rank: 2),
                HasProjectionBias = hasBias,
            },
        }.WithVocabulary(shapes.Of(ClipNames.Text.Tokens, 0, rank: 2)).Validate(source);
    }

    /// <summary>Which towers a model's weights are of; of what is no model's, both.</summary>
    internal static ModelTowers TowersOf(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var hasImage = weights.Keys.Any(name => name.StartsWith(ClipNames.Image.Prefix, StringComparison.Ordinal));
        var hasText = weights.Keys.Any(name => name.StartsWith(ClipNames.Text.Blocks, StringComparison.Ordinal))
            || weights.ContainsKey(ClipNames.Text.Tokens) || weights.ContainsKey(ClipNames.Text.Projection);
        return (hasImage, hasText) switch
        {
            (true, false) => ModelTowers.Image,
            (false, true) => ModelTowers.Text,
            _ => ModelTowers.Both,
        };
    }

    private static VisionTransformerConfig VisionTransformer(Shapes shapes, ArchitectureHints hints)
    {
        string conv = ClipNames.Image.Patches.Weight;
        var (width, patch) = (shapes.Of(conv, 0, rank: 4), shapes.Of(conv, 2, rank: 4));
        return new VisionTransformerConfig
        {
            ImageSize = patch * shapes.Side(ClipNames.Image.Positions),
            PatchSize = patch,
            Width = width,
            Layers = shapes.Count(ClipNames.Image.Blocks),
            Heads = Heads(width, hints.VisionHeads, VisionHeads, hints, "vision", shapes.Source),
            MlpWidth = shapes.Of(ClipNames.Image.Blocks + MlpWidth, 0, rank: 2),
        };
    }

    /// <summary>A SigLIP, recognized by its probe; the heads are those of the published widths.</summary>
    private static ClipConfig Siglip(Shapes shapes, ArchitectureHints hints)
    {
        string conv = ClipNames.Image.Patches.Weight;
        int width = shapes.Of(conv, 0, rank: 4), patch = shapes.Of(conv, 2, rank: 4);
        var textWidth = shapes.Of(ClipNames.Text.FinalNorm.Weight, 0, rank: 1);
        var vision = new VisionTransformerConfig
        {
            ImageSize = patch * shapes.Side(ClipNames.Image.Positions, besides: 0),
            PatchSize = patch,
            Width = width,
            Layers = shapes.Count(ClipNames.Image.Blocks),
            Heads = SiglipHeads(width, hints.VisionHeads, "vision", shapes.Source),
            MlpWidth = shapes.Of(ClipNames.Image.Blocks + MlpWidth, 0, rank: 2),
        };
        var text = new TextConfig
        {
            ContextLength = shapes.Of(ClipNames.Text.Positions, 0, rank: 2),
            VocabSize = shapes.Of(ClipNames.Text.Tokens, 0, rank: 2),
            Width = textWidth,
            Layers = shapes.Count(ClipNames.Text.Blocks),
            Heads = SiglipHeads(textWidth, hints.TextHeads, "text", shapes.Source),
            MlpWidth = shapes.Of(ClipNames.Text.Blocks + MlpWidth, 0, rank: 2),
        };
        var embedDim = shapes.Of(ClipNames.Text.LinearProjection.Weight, 0, rank: 2);
        return SiglipConfigJson.Of(hints.Activation, embedDim, vision, text).Validate(shapes.Source);
    }

    /// <summary>The setting that tells a tower's heads.</summary>
    internal static string Setting(string tower) =>
        tower == "vision" ? nameof(ArchitectureHints.VisionHeads) : nameof(ArchitectureHints.TextHeads);

    private static int SiglipHeads(int width, int? hint, string tower, string source) => hint ?? SiglipConfigJson.Heads(width)
        ?? throw new ClipException(
            $"{source}: no published SigLIP has a {tower} tower of width {width}, so its heads are unknown; "
            + $"give `{Setting(tower)}` or `Config`.");

    private static ResNetConfig ResNet(Shapes shapes, ArchitectureHints hints)
    {
        var width = shapes.Of(ResNetSign, 0, rank: 4);
        return new ResNetConfig
        {
            ImageSize = ResNetConfig.Stride * shapes.Side(ClipNames.ResNet.PoolPositions),
            Width = width,
            Blocks = [.. Enumerable.Range(0, 4).Select(stage => shapes.Count(ClipNames.ResNet.Stage(stage)))],
            Heads = Heads(32 * width, hints.VisionHeads, PoolingHeads, hints, "vision", shapes.Source),
        };
    }

    private static int Heads(
        int width, int? hint, Dictionary<int, int> published, ArchitectureHints hints, string tower, string source) =>
        hint ?? Published(width, published, hints.HasOpenAIsHeads) ?? throw new ClipException(
            width % 64 != 0
                ? $"{source}: the {tower} tower's width {width} is no multiple of 64, so its heads are unknown; "
                    + $"give `{Setting(tower)}` or `Config`."
                : $"{source}: no published model has a {tower} tower of width {width}, so its heads are unknown; "
                    + $"give `{Setting(tower)}` or `Config`.");

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
