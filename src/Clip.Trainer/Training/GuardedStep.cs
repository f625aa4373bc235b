using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// AdamW where the weights are apart from the program, as on a GPU: by torch's kernels, with clipping and the refusal of what is not finite
/// decided on the device, for a look at them would wait for all the work under way. A step that is refused multiplies by 1 and adds 0.
/// </summary>
internal sealed class GuardedStep : IDisposable
{
    private readonly Tensor _zero;
    private readonly Tensor _scale;
    private readonly Tensor _go;
    private readonly Tensor _stay;

    private GuardedStep(Tensor norm, Tensor finite, Tensor scale)
    {
        using Scalar one = 1f, minusOne = -1f;
        (Norm, Finite, _scale) = (norm, finite, scale);
        _go = finite.to_type(ScalarType.Float32);
        _stay = _go.mul(minusOne).add(one, one);
        _zero = zeros_like(_go);
    }

    /// <summary>The gradients' joint 2-norm; a scalar.</summary>
    public Tensor Norm { get; }

    /// <summary>Whether loss and norm are finite; a scalar.</summary>
    public Tensor Finite { get; }

    /// <summary>Looks at all gradients of a step.</summary>
    /// <param name="gradients">As backward left them, in float32.</param>
    /// <param name="loss">The step's loss, a scalar.</param>
    /// <param name="maxNorm">The most their norm may be; null for no limit.</param>
    /// <param name="scaler">Scaled the loss; null where nothing did.</param>
    public static GuardedStep Of(IReadOnlyList<Tensor> gradients, Tensor loss, double? maxNorm, LossScaler? scaler)
    {
        var squares = gradients.Select(g => g.Squared().sum().Widened()).ToList();
        var norm = squares.Count == 0 ? zeros_like(loss).Widened() : stack([.. squares]).sum().sqrt();
        if (scaler is not null) norm = norm.mul(scaler.Inverse());
        var scale = ones_like(norm);
        if (maxNorm is { } most)
        {
            using Scalar little = 1e-6, one = 1.0, limit = most;
            scale = norm.add(little, one).reciprocal().mul(limit).clamp_max(one);
        }

        if (scaler is not null) scale = scale.mul(scaler.Inverse());
        return new GuardedStep(
            norm, loss.isfinite().reshape([]).logical_and(norm.isfinite()), scale.to_type(ScalarType.Float32));
    }

    /// <summary>Moves weights and their moments by one step of AdamW.</summary>
    public void Update(Tensor weights, Tensor gradient, Tensor mean, Tensor square, AdamWFactors f)
    {
        using var scope = NewDisposeScope();
        gradient = Clipped(gradient);
        using Scalar root = f.Root, epsilon = f.Epsilon, one = 1f;
        mean.lerp_(gradient, If(f.TowardsMean, 0));
        square.mul_(If(f.Beta2, 1)).add_(gradient.Squared().mul(If(f.TowardsSquare, 0)), one);
        var change = mean.div(square.sqrt().div_(root).add_(epsilon, one)).mul_(If(f.Step, 0));
        weights.mul_(If(f.Keep, 1)).add_(change, one);
    }

    /// <summary>A gradient as it counts: limited, and zeros where the step is refused.</summary>
    public Tensor Clipped(Tensor gradient) => where(Finite, gradient.mul(_scale), _zero);

    /// <summary>A number where the step is taken, another where it is refused.</summary>
    public Tensor If(float taken, float refused)
    {
        using Scalar go = taken, one = 1f;
        return refused == 0 ? _go.mul(go) : _go.mul(go).add_(_stay, one);
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { _zero, _scale, _go, _stay }) tensor.Dispose();
    }
}
