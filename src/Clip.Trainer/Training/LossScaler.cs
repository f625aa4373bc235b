using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// Scales a loss so that float16 does not lose its small gradients (Micikevicius et al. 2018, "Mixed Precision Training", section 3.2),
/// as PyTorch's GradScaler does and with its numbers: from 2¹⁶ on, halved after a step whose gradients overflowed, doubled after 2,000 in
/// a row that did not. It is decided on the device, so that nothing is waited for.
/// </summary>
internal sealed class LossScaler : IDisposable
{
    private const double Start = 65536, Growth = 2, Backoff = 0.5, Interval = 2000;
    private readonly Tensor _scale;
    private readonly Tensor _good;
    private readonly Tensor _last;

    /// <param name="device">Where the model is.</param>
    public LossScaler(Device device)
    {
        using var scope = NewDisposeScope();
        (_scale, _good, _last) = (Number(Start), Number(0), Number(Start));

        Tensor Number(double value)
        {
            using Scalar held = (float)value;
            return full([1], held, ScalarType.Float32, device).DetachFromDisposeScope();
        }
    }

    /// <summary>Gradients that are not finite at a scale below are so by themselves.</summary>
    public const double Least = 1.0 / 65536;

    /// <summary>By how much the latest loss was scaled; [1].</summary>
    public Tensor Last => _last;

    /// <summary>What a checkpoint keeps.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [("loss_scaler.scale", _scale), ("loss_scaler.growth_tracker", _good)];

    /// <summary>A loss as its gradients are taken of it.</summary>
    public Tensor Scaled(Tensor loss) => loss.mul(_scale.reshape([]));

    /// <summary>What gradients are to be multiplied with to be those of the loss itself; a scalar.</summary>
    public Tensor Inverse() => _scale.reciprocal().reshape([]);

    /// <summary>Takes in how a step went.</summary>
    /// <param name="finite">A scalar: whether its gradients were finite.</param>
    public void Update(Tensor finite)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using Scalar one = 1f, growth = (float)Growth, backoff = (float)Backoff, interval = (float)Interval;
        _last.copy_(_scale);
        var good = _good.add(one, one);
        var grows = good.ge(interval);
        _scale.copy_(where(finite, where(grows, _scale.mul(growth), _scale), _scale.mul(backoff)));
        _good.copy_(where(finite.logical_and(grows.logical_not()), good, zeros_like(good)));
    }

    public void Dispose()
    {
        _scale.Dispose();
        _good.Dispose();
        _last.Dispose();
    }
}
