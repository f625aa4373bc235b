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

    /// <summary>Whether its gains are frozen, and with them its statistics.</summary>
    public bool IsFrozen => !weight.requires_grad;

    /// <summary>Normalizes each channel: in training by the batch, which moves the statistics along; afterwards by these.</summary>
    /// <param name="input">[B, channels, H, W].</param>
    /// <returns>The same shape.</returns>
    public override Tensor forward(Tensor input)
    {
        if (training) num_batches_tracked.add_(One, One);
        return nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, Momentum, Epsilon);
    }
}
