using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>How a timm Vision Transformer's tokens become one feature.</summary>
internal enum TimmPooling
{
    /// <summary>The class token's, normalized.</summary>
    Token,

    /// <summary>The mean of all, normalized first.</summary>
    Average,

    /// <summary>The mean of all, normalized then.</summary>
    NormedAverage,

    /// <summary>A learned query's, behind the norm: SigLIP's.</summary>
    Map,
}

/// <summary>
/// timm's <c>VisionTransformer</c> in its published variants: plain, with a convolutional stem (MobileCLIP-B), with positions in the
/// scores (relpos), as SigLIP's, and as SigLIP 2's NaFlex for pictures of one size.
/// </summary>
internal sealed record TimmVit : ImageTower
{
    public override string Family => Variant switch
    {
        TimmVariant.ConvolutionalStem => "MobileCLIP-B",
        TimmVariant.RelativePositions => "timm's ViT with relative positions",
        TimmVariant.NaFlex => "SigLIP 2 NaFlex, of one size",
        _ when Pooling == TimmPooling.Map => "SigLIP's ViT",
        _ => "timm's ViT",
    };

    public TimmVariant Variant { get; init; }

    public required int PatchSize { get; init; }

    public required BlockPlan Block { get; init; }

    public required int Layers { get; init; }

    public required TimmHead Head { get; init; }

    public required TimmPooling Pooling { get; init; }

    public bool HasClassToken { get; init; }

    /// <summary>Whether a norm comes before the blocks; the patches then have no bias.</summary>
    public bool HasNormBefore { get; init; }

    /// <summary>Channels of the convolutional stem behind its first two convolutions.</summary>
    public IReadOnlyList<int> StemWidths { get; init; } = [];

    /// <summary>Channels of the small MLP that makes scores of relative positions.</summary>
    public int PositionsWidth { get; init; }

    /// <summary>The grid that NaFlex's positions were learned on, and are resized from.</summary>
    public (int Height, int Width) LearnedGrid { get; init; }

    public override string Sizes => $"patch {PatchSize}, width {Block.Width}, {Layers} layers, {Block.Heads} heads, MLP {Block.Mlp.Width}";

    private int Grid => ImageSize / PatchSize;

    public override string Features(TowerWriter net, string pixels)
    {
        const string trunk = TimmHead.Trunk;
        var width = Block.Width;
        var tokens = Grid * Grid + (HasClassToken ? 1 : 0);
        net.Scope($"{trunk}embed");
        var x = Embed(net, pixels, tokens);
        if (HasNormBefore) x = net.LayerNorm(x, $"{trunk}norm_pre", width, Block.Eps);
        net.Places = tokens;
        var block = new TransformerBlock(net, Block, tokens);
        x = Variant == TimmVariant.RelativePositions ? Relative(net, block, x, tokens)
            : block.All($"{trunk}blocks.", Layers, x, readsFirst: Pooling == TimmPooling.Token);
        x = Pooling switch
        {
            TimmPooling.NormedAverage => net.LayerNorm(net.Mean(x, tokens, width, 0), $"{trunk}fc_norm", width, Block.Eps),
            TimmPooling.Average => net.Mean(net.LayerNorm(x, $"{trunk}norm", width, Block.Eps), tokens, width, 0),
            TimmPooling.Map => new LatentPool(
                    $"{trunk}attn_pool.", width, Block.Heads, Block.Mlp.Width, Block.Eps, Block.Mlp.Activation)
                .Write(net, net.LayerNorm(x, $"{trunk}norm", width, Block.Eps), tokens),
            _ => net.LayerNorm(x, $"{trunk}norm", width, Block.Eps),
        };
        return Head.Write(net, x, width, EmbedDim);
    }

    private string Embed(TowerWriter net, string pixels, int tokens)
    {
        const string trunk = TimmHead.Trunk;
        var width = Block.Width;
        switch (Variant)
        {
            case TimmVariant.ConvolutionalStem:
                // The class token has no position.
                var stem = net.Add(Stem(net, pixels), net.Weight($"{trunk}pos_embed", 1, tokens - 1, width));
                return net.Reshape(net.Prepend(net.Weight($"{trunk}cls_token", 1, 1, width), stem, pixels, width), -1, width);
            case TimmVariant.NaFlex:
                return net.Reshape(net.Add(NaFlexPatches(net, pixels), NaFlexPositions(net)), -1, width);
            default:
                var x = net.Patches(pixels, $"{trunk}patch_embed.proj", width, PatchSize, ImageSize, hasBias: !HasNormBefore);
                if (HasClassToken) x = net.Prepend(net.Weight($"{trunk}cls_token", 1, 1, width), x, pixels, width);
                if (Variant != TimmVariant.RelativePositions) x = net.Add(x, net.Weight($"{trunk}pos_embed", 1, tokens, width));
                return net.Reshape(x, -1, width);
        }
    }

    /// <summary>Three convolutions that tile, the first two normalized and activated.</summary>
    private string Stem(TowerWriter net, string pixels)
    {
        const string name = $"{TimmHead.Trunk}patch_embed.backbone.";
        var norm = new BatchNorm(net.Parameters);
        var (x, side, inputs) = (pixels, ImageSize, 3);
        for (var i = 0; i < StemWidths.Count; i++)
        {
            var step = i == 0 ? 4 : 2;
            var folded = norm.Fold(net.Parameters.Take($"{name}{i}.conv.weight", StemWidths[i], inputs, step, step), $"{name}{i}.bn");
            x = net.Convolve(x, $"{name}{i}.conv", folded.Weight, folded.Bias, new Stride(side) { Step = step, Padding = 0 });
            x = net.Activate(x, Nonlinearity.Gelu);
            (side, inputs) = (side / step, StemWidths[i]);
        }

        x = net.Convolve(x, $"{name}{StemWidths.Count}.conv", inputs, Block.Width, 2, new Stride(side) { Step = 2, Padding = 0 });
        return net.Rows(x, Block.Width);
    }

    /// <summary>A linear layer of patches, whose values lie row, column, channel; a convolution has the channel first.</summary>
    private string NaFlexPatches(TowerWriter net, string pixels)
    {
        const string name = $"{TimmHead.Trunk}embeds.proj";
        var (width, patch) = (Block.Width, PatchSize);
        var flat = net.Parameters.Take($"{name}.weight", width, patch * patch * 3);
        var places = patch * patch;
        var kernels = TensorMath.Gather(
            flat, [width, 3, patch, patch], 1, i => (i / (3 * places) * places + i % places) * 3 + i / places % 3);
        var shape = new Stride(ImageSize) { Step = patch, Padding = 0 };
        return net.Rows(net.Convolve(pixels, name, kernels, net.Parameters.Take($"{name}.bias", width), shape), width);
    }

    private string NaFlexPositions(TowerWriter net)
    {
        const string name = $"{TimmHead.Trunk}embeds.pos_embed";
        var ((height, breadth), width) = (LearnedGrid, Block.Width);
        if (height != breadth) throw new ClipException($"The positions '{name}' are of a grid that is no square, which is not supported.");
        var learned = net.Parameters.Take(name, 1, height, breadth, width);
        long[] shape = [1, Grid * Grid, width];
        return net.Graph.Weight(name, height == Grid
            ? learned with { Shape = shape }
            : TensorMath.Make(shape, new Derivation.ResizedGrid(learned, height, Grid)));
    }

    /// <summary>Each block has scores of its own; the class token's row and column, and so all that the last block needs, are 0.</summary>
    private string Relative(TowerWriter net, TransformerBlock block, string x, int tokens)
    {
        const string blocks = $"{TimmHead.Trunk}blocks.";
        for (var i = 0; i < Layers - 1; i++)
        {
            net.Scope($"{blocks}{i}.");
            x = block.Write($"{blocks}{i}.", x, x, Scores(net, $"{blocks}{i}.attn.rel_pos.mlp.", tokens));
        }

        net.Scope($"{blocks}{Layers - 1}.");
        TakePositions(net.Parameters, $"{blocks}{Layers - 1}.attn.rel_pos.mlp.");
        net.Scope($"{blocks}pool");
        return block.Write($"{blocks}{Layers - 1}.", x, net.Pick(x, tokens, Block.Width, 0), scores: null, rowTokens: 1);
    }

    /// <summary>What two patches' distance adds to their score, [1, heads, tokens, tokens]: constant, so computed here.</summary>
    private string Scores(TowerWriter net, string name, int tokens)
    {
        var (w1, b1, w2, b2) = TakePositions(net.Parameters, name);
        var (heads, span, first) = (Block.Heads, 2 * Grid - 1, tokens - Grid * Grid);
        var byDistance = TensorMath.Make([span * span, heads], new Derivation.PerceptronOfConstants(Distances(), w1, b1, w2, b2));
        return net.Graph.Weight($"{name}scores", TensorMath.Gather(byDistance, [1, heads, tokens, tokens], 1, i =>
        {
            var (head, a, b) = (i / (tokens * tokens), i / tokens % tokens - first, i % tokens - first);
            if (a < 0 || b < 0) return -1;
            var (down, right) = (a / Grid - b / Grid + Grid - 1, a % Grid - b % Grid + Grid - 1);
            return (down * span + right) * heads + head;
        }));
    }

    private (WeightTensor, WeightTensor, WeightTensor, WeightTensor) TakePositions(Parameters parameters, string name) => (
        parameters.Take($"{name}fc1.weight", PositionsWidth, 2), parameters.Take($"{name}fc1.bias", PositionsWidth),
        parameters.Take($"{name}fc2.weight", Block.Heads, PositionsWidth), parameters.Take($"{name}fc2.bias", Block.Heads));

    /// <summary>Of every distance d down and right: sign(d)·ln(1 + |d|).</summary>
    private double[][] Distances()
    {
        var span = 2 * Grid - 1;
        return [.. Enumerable.Range(0, span * span).Select(place => new[] { Log(place / span - Grid + 1), Log(place % span - Grid + 1) })];

        static double Log(int distance) => Math.Sign(distance) * Math.Log(1 + Math.Abs(distance));
    }
}

/// <summary>Variants of timm's Vision Transformer.</summary>
internal enum TimmVariant
{
    Plain,

    /// <summary>Convolutions make the patches, and the class token has no position.</summary>
    ConvolutionalStem,

    /// <summary>No position table; distances add to scores.</summary>
    RelativePositions,

    /// <summary>Patches by a linear layer, positions resized.</summary>
    NaFlex,
}
