using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// A causal transformer whose blocks also attend to an image, named <c>resblocks.0</c>, …, and a LayerNorm, <c>ln_final</c>.
/// </summary>
public sealed class CaptionDecoder : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<Block> resblocks;
    private readonly LayerNorm ln_final;

    /// <summary>Creates the decoder with random weights; as wide and deep as the text tower of a config.</summary>
    /// <param name="config">Gives the text tower's sizes, the activation and the LayerNorm's epsilon.</param>
    public CaptionDecoder(ClipConfig config)
        : base(nameof(CaptionDecoder))
    {
        ArgumentNullException.ThrowIfNull(config);
        resblocks = nn.ModuleList(Enumerable.Range(0, config.Text.Layers).Select(_ => new Block(config)).ToArray());
        ln_final = nn.LayerNorm(config.Text.Width, eps: config.LayerNormEps);
        RegisterComponents();
    }

    /// <summary>Reads texts beside images.</summary>
    /// <param name="input">[B · N, L, W]: N texts for each image.</param>
    /// <param name="image">[B, P, W]: the images' places.</param>
    /// <returns>[B · N, L, W]; row t knows the text up to and including t.</returns>
    public override Tensor forward(Tensor input, Tensor image)
    {
        using var scope = NewDisposeScope();
        var x = resblocks.Aggregate(input, (rows, block) => block.forward(BackwardMarks.Before(block, rows), image));
        return ln_final.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>A pre-LayerNorm decoder block: attention among the text, attention to the image, an MLP.</summary>
    private sealed class Block : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly MultiheadAttention attn;
        private readonly LayerNorm ln_1;
        private readonly MultiheadAttention cross_attn;
        private readonly LayerNorm ln_cross;
        private readonly Mlp mlp;
        private readonly LayerNorm ln_2;

        public Block(ClipConfig config)
            : base(nameof(Block))
        {
            var text = config.Text;
            var branchStd = Math.Pow(text.Width, -0.5) * Math.Pow(2 * text.Layers, -0.5);
            attn = new MultiheadAttention(text.Width, text.Heads, causal: true, branchStd);
            ln_1 = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
            cross_attn = new MultiheadAttention(text.Width, text.Heads, causal: false, branchStd);
            ln_cross = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
            mlp = new Mlp(text.Width, text.MlpWidth, branchStd, config.Activation);
            ln_2 = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input, Tensor image)
        {
            using var scope = NewDisposeScope();
            var x = input.Plus(attn.forward(ln_1.forward(input)));
            // All texts of an image ask it at once: its keys and values are computed once, however many texts there are.
            var asking = ln_cross.forward(x).view(image.shape[0], -1, x.shape[2]);
            x = x.Plus(cross_attn.FromRows(image, asking, mask: null).view(x.shape));
            return x.Plus(mlp.forward(ln_2.forward(x))).MoveToOuterDisposeScope();
        }
    }
}
