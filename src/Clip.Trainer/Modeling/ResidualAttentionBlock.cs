using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// A pre-LayerNorm transformer block: x + attn(ln_1(x)), then x + mlp(ln_2(x)). Parameter names are OpenAI's
/// (<c>attn</c>, <c>ln_1</c>, <c>mlp.c_fc</c>, <c>mlp.c_proj</c>, <c>ln_2</c>).
/// </summary>
public sealed class ResidualAttentionBlock : nn.Module<Tensor, Tensor>
{
    private readonly MultiheadAttention attn;
    private readonly LayerNorm ln_1;
    private readonly LayerNorm ln_2;
    private readonly Mlp mlp;
    private readonly LayerScale? ls_1;
    private readonly LayerScale? ls_2;

    /// <summary>Creates block number one of <paramref name="layers"/>; all are initialized alike.</summary>
    /// <param name="width">Channels W of the residual stream.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="mlpWidth">Channels inside the MLP.</param>
    /// <param name="layers">
    /// Depth of the tower: the branches' outputs start smaller in a deeper one (OpenAI's initialize_parameters).
    /// </param>
    /// <param name="causal">Whether a row sees only itself and the rows before it.</param>
    /// <param name="config">Gives the activation and the LayerNorm's epsilon.</param>
    public ResidualAttentionBlock(long width, long heads, long mlpWidth, int layers, bool causal, ClipConfig config)
        : this(width, heads, mlpWidth, layers, causal, config, layerScale: null)
    {
    }

    /// <summary>The same with LayerScale.</summary>
    internal ResidualAttentionBlock(
        long width, long heads, long mlpWidth, int layers, bool causal, ClipConfig config, double? layerScale)
        : base(nameof(ResidualAttentionBlock))
    {
        ArgumentNullException.ThrowIfNull(config);
        var branchStd = Math.Pow(width, -0.5) * Math.Pow(2 * layers, -0.5);
        attn = new MultiheadAttention(width, heads, causal, branchStd);
        ln_1 = nn.LayerNorm(width, eps: config.LayerNormEps);
        mlp = new Mlp(width, mlpWidth, branchStd, config.Activation);
        ln_2 = nn.LayerNorm(width, eps: config.LayerNormEps);
        if (layerScale is { } start) (ls_1, ls_2) = (new LayerScale(width, start), new LayerScale(width, start));
        RegisterComponents();
    }

    /// <summary>Runs the block on every row.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <returns>[B, L, W].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input.Plus(Scaled(attn.forward(ln_1.forward(input)), ls_1));
        return x.Plus(Scaled(mlp.forward(ln_2.forward(x)), ls_2)).MoveToOuterDisposeScope();
    }

    /// <summary>Runs the block for one row of each sample: the rows nothing reads later are never computed.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <param name="row">Picks the rows out of a [B, L, W] tensor, as [B, 1, W].</param>
    /// <param name="mask">[B, 1, 1, L], true where a key may be seen; null where all may.</param>
    /// <returns>[B, 1, W].</returns>
    public Tensor ForRows(Tensor input, Func<Tensor, Tensor> row, Tensor? mask)
    {
        ArgumentNullException.ThrowIfNull(row);
        using var scope = NewDisposeScope();
        var normed = ln_1.forward(input);
        var x = row(input).Plus(Scaled(attn.FromRows(normed, row(normed), mask), ls_1));
        return x.Plus(Scaled(mlp.forward(ln_2.forward(x)), ls_2)).MoveToOuterDisposeScope();
    }

    private static Tensor Scaled(Tensor branch, LayerScale? scale) => scale is null ? branch : scale.forward(branch);
}
