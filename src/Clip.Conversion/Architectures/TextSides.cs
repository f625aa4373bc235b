using Clip.Conversion.Configs;

namespace Clip.Conversion.Architectures;

/// <summary>The layouts of what stands beside an image tower.</summary>
internal static class TextSides
{
    /// <summary>Where the sigmoid loss starts (SigLIP, arXiv:2303.15343, section 3.2): almost all pairs are no match.</summary>
    private const double SiglipLogitBias = -10;

    /// <summary>CLIP's text tower, at the model's top level (CLIP paper, section 2.4), and the temperature.</summary>
    public static void Tower(LayoutBuilder builder, ClipConfig config)
    {
        var text = config.Text;
        var (embedding, behind) = (new Place(Architectures.Tower.Text, 0), new Place(Architectures.Tower.Text, text.Layers + 1));
        builder.Place = default;
        builder.Constant(ClipNames.LogitScale, config.LogitScaleInit);
        builder.Place = embedding;
        builder.Normal(ClipNames.Text.Positions, 0.01, text.ContextLength, text.Width);
        builder.Normal(ClipNames.Text.Tokens, 0.02, text.VocabSize, text.Width);
        builder.Place = behind;
        var projection = StartingValues.Normal(Math.Pow(text.Width, -0.5));
        if (text.HasProjectionBias)
        {
            builder.Projection(ClipNames.Text.LinearProjection.Weight, projection, config.EmbedDim, text.Width);
            builder.Constant(ClipNames.Text.LinearProjection.Bias, 0, config.EmbedDim);
        }
        else
        {
            builder.Projection(ClipNames.Text.Projection, projection, text.Width, config.EmbedDim);
        }

        builder.Place = default;
        if (config.IsSiglip) builder.Constant(ClipNames.LogitBias, SiglipLogitBias);
        builder.Place = behind with { LockGroup = text.Layers };
        builder.Norm(ClipNames.Text.FinalNorm, text.Width);
        builder.Blocks(ClipNames.Text.Blocks, Architectures.Tower.Text, text.Layers, text.Width, text.MlpWidth, text.LayerScale);
    }

    /// <summary>What only some losses have: the sigmoid's bias beside CLIP's own towers, and ConVIRT's second layers.</summary>
    public static void LossParts(LayoutBuilder builder, ClipConfig config)
    {
        builder.Place = default;
        if (config is { IsSiglip: false, LogitBiasInit: { } bias }) builder.Constant(ClipNames.LogitBias, bias);
        if (!config.ProjectionHeads) return;
        var start = StartingValues.Uniform(Math.Pow(config.EmbedDim, -0.5));
        builder.Projection(ClipNames.ImageHead.Weight, start, config.EmbedDim, config.EmbedDim);
        builder.Projection(ClipNames.TextHead.Weight, start, config.EmbedDim, config.EmbedDim);
    }

    /// <summary>VirTex's two decoders and what they share; see <c>VirTexModel</c>.</summary>
    public static void Captioner(LayoutBuilder builder, ClipConfig config)
    {
        var text = config.Text;
        long grid = config.Vision is ResNetConfig resNet ? resNet.Features : ((VisionTransformerConfig)config.Vision).Width;
        builder.Place = default;
        builder.Linear(ClipNames.Captioner.Grid, Math.Pow(grid, -0.5), grid, text.Width);
        builder.Linear(ClipNames.Captioner.Feature, Math.Pow(config.EmbedDim, -0.5), config.EmbedDim, text.Width);
        builder.Normal(ClipNames.Captioner.Words, 0.02, text.VocabSize, text.Width);
        builder.Normal(ClipNames.Captioner.Positions, 0.01, text.ContextLength, text.Width);
        builder.Norm(ClipNames.Captioner.EmbeddingNorm, text.Width);
        foreach (var decoder in ClipNames.Captioner.Decoders)
        {
            for (var i = 0; i < text.Layers; i++) DecoderBlock(builder, decoder + ClipNames.Captioner.DecoderBlocks + $"{i}", text);
            builder.Norm(decoder + ClipNames.Captioner.DecoderNorm, text.Width);
        }

        builder.Constant(ClipNames.Captioner.OutputBias, 0, text.VocabSize);
    }

    /// <summary>A linear layer from the image's feature to every word of the vocabulary; see <c>BagOfWordsModel</c>.</summary>
    public static void Words(LayoutBuilder builder, ClipConfig config)
    {
        builder.Place = default;
        builder.Linear(ClipNames.Captioner.WordLogits, Math.Pow(config.EmbedDim, -0.5), config.EmbedDim, config.Text.VocabSize);
    }

    private static void DecoderBlock(LayoutBuilder builder, ParameterName block, TextConfig text)
    {
        long width = text.Width;
        var branch = LayoutBuilder.BranchDeviation(width, text.Layers);
        builder.Attention(block + ClipNames.Block.InWeight, block + ClipNames.Block.InBias, block + ClipNames.Block.Out, width, branch);
        builder.Norm(block + ClipNames.Block.FirstNorm, width);
        builder.Attention(
            block + ClipNames.Captioner.CrossInWeight, block + ClipNames.Captioner.CrossInBias, block + ClipNames.Captioner.CrossOut,
            width, branch);
        builder.Norm(block + ClipNames.Captioner.CrossNorm, width);
        builder.Mlp(
            block + ClipNames.Block.Widen, block + ClipNames.Block.Narrow, width, text.MlpWidth, Math.Pow(2 * width, -0.5), branch);
        builder.Norm(block + ClipNames.Block.SecondNorm, width);
    }
}
