using System.Globalization;
using Clip.Conversion.Configs;

namespace Clip.Conversion.ModelFolders;

/// <summary>A model's sizes in words.</summary>
internal static class ModelDescription
{
    /// <summary>The name of the config that comes with the program and has these sizes; else the kind of image tower.</summary>
    public static string Architecture(ClipConfig config)
    {
        var known = ClipConfigJson.Names.FirstOrDefault(name => HaveSameSizes(ClipConfigJson.Load(name), config));
        var alone = config.Towers switch
        {
            ModelTowers.Image => ", the image tower alone",
            ModelTowers.Text => ", the text tower alone",
            _ => "",
        };
        if (config.IsSiglip) return $"SigLIP{alone}";
        if (alone.Length > 0) return $"CLIP{alone}";
        var tower = config.Vision is ConvNextConfig ? "ConvNeXt" : config.Vision is ResNetConfig ? "ResNet" : "Vision Transformer";
        return known ?? (config.IsOpenClips ? $"open_clip's CLIP with a {tower}" : $"CLIP with a {tower} of other sizes than OpenAI's");
    }

    /// <summary>Every size, on one line.</summary>
    public static string Sizes(ClipConfig config)
    {
        var vision = config.Vision switch
        {
            VisionTransformerConfig v => $"patch {v.PatchSize}, width {v.Width}, {v.Layers} layers, {v.Heads} heads, MLP {v.MlpWidth}",
            ConvNextConfig v => $"ConvNeXt {string.Join('-', v.Depths)}, widths {string.Join('-', v.Widths)}",
            ResNetConfig v => $"ResNet {string.Join('-', v.Blocks)}, width {v.Width}, {v.Heads} heads",
            _ => throw new ArgumentException($"There is no image tower {config.Vision.GetType().Name}.", nameof(config)),
        };
        var text = config.Text;
        var pooling = text.Pooling switch
        {
            TextPooling.Eos => "",
            TextPooling.Argmax => ", read at the largest id",
            _ => $", read at the {text.Pooling.ToString().ToLowerInvariant()} token",
        };
        var image = $"image {config.Vision.ImageSize}, {vision}";
        var texts = $"text {text.ContextLength} tokens, vocabulary {text.VocabSize}, "
            + $"width {text.Width}, {text.Layers} layers, {text.Heads} heads, MLP {text.MlpWidth}{pooling}";
        var towers = config.Towers switch
        {
            ModelTowers.Image => image,
            ModelTowers.Text => texts,
            _ => $"{image}; {texts}",
        };
        return $"{towers}; embedding {config.EmbedDim}; {Activations(config)}";
    }

    private static string Activations(ClipConfig config)
    {
        var (text, image) = (Name(config.Activation), Name(config.OfVision.Activation));
        if (text == image || config.Vision is not VisionTransformerConfig) return text;
        return $"{image} in the image tower, {text} in the text tower";

        static string Name(Activation activation) => activation switch
        {
            Activation.QuickGelu => "quick-GELU",
            Activation.GeluTanh => "tanh-GELU",
            _ => "GELU",
        };
    }

    /// <summary>A file's size for people.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F2} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
    };

    /// <summary>Counts of values by type: <c>1,234 float16, 5 float32</c>.</summary>
    public static string Counts(IEnumerable<KeyValuePair<string, long>> counts) =>
        string.Join(", ", counts.OrderByDescending(c =>
            c.Value).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value:N0} {c.Key}")));

    private static bool HaveSameSizes(ClipConfig known, ClipConfig config) =>
        known.Vision == config.Vision && known.EmbedDim == config.EmbedDim
        && WithoutVocabulary(known.Text) == WithoutVocabulary(config.Text);

    private static TextConfig WithoutVocabulary(TextConfig text) => text with { VocabSize = 0, BosTokenId = 0, EosTokenId = 0 };
}
