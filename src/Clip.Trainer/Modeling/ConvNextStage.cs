using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>A step down to half the side, but in the first stage, and blocks.</summary>
internal sealed class ConvNextStage : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<nn.Module<Tensor, Tensor>>? downsample;
    private readonly ModuleList<ConvNextBlock> blocks;
    private readonly double[] _drops;

    /// <param name="inputs">Channels that come in; null for those of the stage itself, and no step down.</param>
    /// <param name="width">Channels of the stage.</param>
    /// <param name="drops">With which probability training leaves out each block's branch.</param>
    /// <param name="eps">The LayerNorms' epsilon.</param>
    public ConvNextStage(long? inputs, long width, double[] drops, double eps)
        : base(nameof(ConvNextStage))
    {
        _drops = drops;
        if (inputs is { } before)
        {
            downsample = nn.ModuleList<nn.Module<Tensor, Tensor>>(
                nn.LayerNorm(before, eps: eps), new ConvNextConvolution(before, width, 2, stride: 2));
        }

        blocks = nn.ModuleList(drops.Select(_ => new ConvNextBlock(width, eps)).ToArray());
        RegisterComponents();
    }

    /// <summary>[B, H, W, inputs] → [B, H', W', width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        if (downsample is not null) x = downsample.Aggregate(x, (grid, step) => step.forward(grid));
        for (var i = 0; i < _drops.Length; i++)
        {
            var y = GradCheckpointing.Forward(blocks[i], BackwardMarks.Before(blocks[i], x));
            x = training && _drops[i] > 0 ? DropPath(x, y, _drops[i]) : y;
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The block's branch left out for some of the pictures, and larger for the others (timm's DropPath). Nothing random is within the
    /// block, which a way back may run once more.
    /// </summary>
    private static Tensor DropPath(Tensor before, Tensor behind, double share)
    {
        using Scalar least = share, factor = 1 / (1 - share), minus = -1;
        var kept = StepNoise.Uniform(before.device, before.shape[0], 1, 1, 1).ge(least).to_type(behind.dtype).mul(factor);
        return before.Plus(behind.add(before, minus).mul(kept));
    }
}

/// <summary>A block: a depthwise convolution, a norm and two linear layers make the branch.</summary>
internal sealed class ConvNextBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvNextConvolution conv_dw;
    private readonly LayerNorm norm;
    private readonly ConvNextMlp mlp;
    private readonly Parameter gamma;

    public ConvNextBlock(long width, double eps)
        : base(nameof(ConvNextBlock))
    {
        using Scalar start = 1e-6;
        conv_dw = new ConvNextConvolution(width, width, 7, groups: width);
        norm = nn.LayerNorm(width, eps: eps);
        mlp = new ConvNextMlp(width, 4 * width, width, Deviation);
        gamma = new Parameter(full([width], start));
        RegisterComponents();
    }

    /// <summary>timm's, of all convolutions and linear layers.</summary>
    public const double Deviation = 0.02;

    /// <summary>[B, H, W, C] → the same.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var branch = mlp.forward(norm.forward(conv_dw.forward(input))) * gamma;
        return input.Plus(branch).MoveToOuterDisposeScope();
    }
}

/// <summary>Two linear layers with GELU between them, by timm's names.</summary>
internal sealed class ConvNextMlp : nn.Module<Tensor, Tensor>, ILowRankTarget
{
    private readonly Linear fc1;
    private readonly Linear fc2;
    private LowRankUpdate? fc1_lora;
    private LowRankUpdate? fc2_lora;

    /// <param name="inputs">Channels that come in.</param>
    /// <param name="hidden">Channels between.</param>
    /// <param name="outputs">Channels that go out.</param>
    /// <param name="deviation">Of the starting weights.</param>
    public ConvNextMlp(long inputs, long hidden, long outputs, double deviation)
        : base(nameof(ConvNextMlp))
    {
        fc1 = Initialize.Linear(inputs, hidden, deviation);
        fc2 = Initialize.Linear(hidden, outputs, deviation);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = nn.functional.gelu(LowRankUpdate.Linear(input, fc1, fc1_lora));
        return LowRankUpdate.Linear(hidden, fc2, fc2_lora).MoveToOuterDisposeScope();
    }

    void ILowRankTarget.AddLowRank(int rank, double alpha)
    {
        register_module(nameof(fc1_lora), fc1_lora = LowRankUpdate.Of(fc1.weight, rank, alpha));
        register_module(nameof(fc2_lora), fc2_lora = LowRankUpdate.Of(fc2.weight, rank, alpha));
    }
}

/// <summary>
/// A convolution with bias of a grid whose channels come last: a step of its kernel's size without padding, or of 1 with the grid kept.
/// </summary>
internal sealed class ConvNextConvolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long _stride;
    private readonly long _groups;

    public ConvNextConvolution(long inputs, long outputs, long kernel, long stride = 1, long groups = 1)
        : base(nameof(ConvNextConvolution))
    {
        (_stride, _groups) = (stride, groups);
        weight = Initialize.Normal(ConvNextBlock.Deviation, outputs, inputs / groups, kernel, kernel);
        bias = Initialize.Zeros(outputs);
        RegisterComponents();
    }

    /// <summary>[B, H, W, inputs] → [B, H', W', outputs], in float32 for the norm that follows.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var padding = _stride == 1 ? weight.shape[2] / 2 : 0;
        return Autocast.Convolution(input.permute(0, 3, 1, 2), weight, bias, _stride, padding, _groups)
            .permute(0, 2, 3, 1).@float().MoveToOuterDisposeScope();
    }
}
