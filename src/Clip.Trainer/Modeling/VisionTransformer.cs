using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's Vision Transformer (CLIP paper, section 2.4; openai/CLIP model.py): patch embedding without bias, class token first,
/// learned positions, a LayerNorm before the blocks, and a projection of the class token after one behind them.
/// </summary>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d _conv1;
    private readonly Parameter _classEmbedding;
    private readonly Parameter _positionalEmbedding;
    private readonly LayerNorm _lnPre;
    private readonly Transformer _transformer;
    private readonly LayerNorm _lnPost;
    private readonly Parameter _proj;

    /// <summary>Creates the tower with random weights.</summary>
    /// <param name="config">The model's sizes.</param>
    public VisionTransformer(ClipConfig config)
        : base(nameof(VisionTransformer))
    {
        ArgumentNullException.ThrowIfNull(config);
        var vision = config.Vision;
        var scale = Math.Pow(vision.Width, -0.5);
        _conv1 = nn.Conv2d(3, vision.Width, vision.PatchSize, stride: vision.PatchSize, bias: false);
        _classEmbedding = Initialise.Normal(scale, vision.Width);
        _positionalEmbedding = Initialise.Normal(scale, vision.Tokens, vision.Width);
        _lnPre = nn.LayerNorm(vision.Width, eps: config.LayerNormEps);
        _transformer = new Transformer(vision.Width, vision.Layers, vision.Heads, vision.MlpWidth, causal: false, config);
        _lnPost = nn.LayerNorm(vision.Width, eps: config.LayerNormEps);
        _proj = Initialise.Normal(scale, vision.Width, config.EmbedDim);
        register_module("conv1", _conv1);
        register_parameter("class_embedding", _classEmbedding);
        register_parameter("positional_embedding", _positionalEmbedding);
        register_module("ln_pre", _lnPre);
        register_module("transformer", _transformer);
        register_module("ln_post", _lnPost);
        register_parameter("proj", _proj);
    }

    /// <summary>Encodes images.</summary>
    /// <param name="input">[B, 3, S, S] normalised pixels.</param>
    /// <returns>[B, D] projected features, not normalised.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var batch = input.shape[0];
        var patches = Patches(input);
        var classToken = _classEmbedding.expand(batch, 1, _classEmbedding.shape[0]);
        var x = _lnPre.forward(cat([classToken, patches], 1) + _positionalEmbedding);
        var pooled = _transformer.Pool(x, rows => rows.narrow(1, 0, 1), mask: null);
        return _lnPost.forward(pooled).matmul(_proj).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The patch convolution as a matrix product: stride equals kernel, so every pixel belongs to one patch, and the product
    /// is several times faster than a convolution's backward pass on a CPU.
    /// </summary>
    private Tensor Patches(Tensor input)
    {
        long patch = _conv1.weight.shape[2], width = _conv1.weight.shape[0], batch = input.shape[0];
        long rows = input.shape[2] / patch, columns = input.shape[3] / patch;
        var cells = input.view(batch, 3, rows, patch, columns, patch).permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, 3 * patch * patch);
        return cells.matmul(_conv1.weight.view(width, -1).t());
    }
}
