using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>The blocks of a tower, named <c>resblocks.0</c>, <c>resblocks.1</c>, …</summary>
public sealed class Transformer : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<ResidualAttentionBlock> resblocks;

    /// <summary>Creates <paramref name="layers"/> blocks; see <see cref="ResidualAttentionBlock"/> for the sizes.</summary>
    public Transformer(long width, int layers, long heads, long mlpWidth, bool causal, ClipConfig config)
        : this(width, layers, heads, mlpWidth, causal, config, layerScale: null)
    {
    }

    /// <summary>The same with LayerScale.</summary>
    internal Transformer(long width, int layers, long heads, long mlpWidth, bool causal, ClipConfig config, double? layerScale)
        : base(nameof(Transformer))
    {
        resblocks = nn.ModuleList(Enumerable.Range(0, layers)
            .Select(_ => new ResidualAttentionBlock(width, heads, mlpWidth, layers, causal, config, layerScale)).ToArray());
        RegisterComponents();
    }

    /// <summary>Runs the tower on every row.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <returns>[B, L, W].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return resblocks.Aggregate(input, Run).MoveToOuterDisposeScope();
    }

    /// <summary>Runs the tower and gives one row of each sample; the last block runs for that row only.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <param name="row">Picks the pooled rows out of a [B, L, W] tensor, as [B, 1, W].</param>
    /// <param name="mask">[B, 1, 1, L], true where the pooled row may look; null where it may look everywhere.</param>
    /// <returns>[B, W].</returns>
    public Tensor Pool(Tensor input, Func<Tensor, Tensor> row, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var x = input;
        for (var i = 0; i < resblocks.Count - 1; i++) x = Run(x, resblocks[i]);
        return resblocks[^1].ForRows(BackwardMarks.Before(resblocks[^1], x), row, mask).squeeze(1).MoveToOuterDisposeScope();
    }

    private static Tensor Run(Tensor x, ResidualAttentionBlock block) => GradCheckpointing.Forward(block, BackwardMarks.Before(block, x));
}
