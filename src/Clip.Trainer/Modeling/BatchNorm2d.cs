using Clip.Data.Distributed;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// PyTorch's batch norm of images, with its names. TorchSharp's own counts batches by a number made in passing, which
/// <see cref="TensorOps"/> tells the danger of: once in many runs its count failed.
/// </summary>
internal sealed class BatchNorm2d : nn.Module<Tensor, Tensor>
{
    private const double Momentum = 0.1;
    private const double Epsilon = 1e-5;
    private static readonly Scalar One = 1L;

    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Tensor running_mean;
    private readonly Tensor running_var;
    private readonly Tensor num_batches_tracked;

    /// <summary>Creates the layer with PyTorch's start: gains 1, shifts 0, statistics of a standard normal.</summary>
    public BatchNorm2d(long channels, bool zeroGain = false)
        : base(nameof(BatchNorm2d))
    {
        weight = new Parameter(zeroGain ? zeros(channels) : ones(channels));
        bias = new Parameter(zeros(channels));
        running_mean = zeros(channels);
        running_var = ones(channels);
        num_batches_tracked = zeros([], ScalarType.Int64);
        RegisterComponents();
    }

    /// <summary>Those whose pictures count as one batch; the process's own alone unless set.</summary>
    public Ranks Ranks { get; set; } = Ranks.Alone;

    /// <summary>Whether its gains are frozen, and with them its statistics.</summary>
    public bool IsFrozen => !weight.requires_grad;

    /// <summary>Normalizes each channel: in training by the batch, which moves the statistics along; afterwards by these.</summary>
    /// <param name="input">[B, channels, H, W].</param>
    /// <returns>The same shape.</returns>
    public override Tensor forward(Tensor input)
    {
        if (training) num_batches_tracked.add_(One, One);
        if (training && Ranks.AreSeveral) return OverRanks(input);
        return nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, Momentum, Epsilon);
    }

    /// <summary>
    /// Normalizes by the pictures of all ranks: their mean, then their variance around it, both float32, so that statistics and gradients
    /// are those of one batch (PyTorch's SyncBatchNorm).
    /// </summary>
    private Tensor OverRanks(Tensor input)
    {
        using var scope = NewDisposeScope();
        long[] all = [0, 2, 3];
        var x = input.@float();
        using Scalar epsilon = Epsilon;
        var own = tensor((float)(x.numel() / x.shape[1]), device: x.device).unsqueeze(0);
        var sums = RankSum.Of(cat([x.sum(all), own]), Ranks);
        var count = sums.narrow(0, x.shape[1], 1).detach();
        var mean = sums.narrow(0, 0, x.shape[1]).div(count);
        var centered = x - PerChannel(mean);
        var variance = RankSum.Of(centered.Squared().sum(all), Ranks).div(count);
        var scale = variance.add(epsilon, One).rsqrt().mul(weight);
        using (no_grad())
        {
            using Tensor momentum = Momentum;
            running_mean.lerp_(mean.detach(), momentum);
            running_var.lerp_(variance.detach().mul(count).div(count.sub(One)), momentum);
        }

        return (centered * PerChannel(scale)).Plus(PerChannel(bias)).to_type(input.dtype).MoveToOuterDisposeScope();

        static Tensor PerChannel(Tensor values) => values.view(1, -1, 1, 1);
    }
}
