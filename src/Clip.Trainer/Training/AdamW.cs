using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>The optimizer's hyper-parameters other than the learning rate.</summary>
/// <param name="Beta1">Decay of the gradient's running mean.</param>
/// <param name="Beta2">Decay of the squared gradient's running mean.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay of matrices; gains, biases and logit_scale have none.</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.98, double Epsilon = 1e-6, double WeightDecay = 0.2);

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) over named parameters, in PyTorch's order of operations, with open_clip's two groups:
/// weight decay for matrices only. Its state is kept by parameter name, so that a checkpoint can be read by anyone.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly AdamWOptions _options;
    private readonly List<Slot> _slots;

    /// <summary>Creates the optimizer with zero moments.</summary>
    /// <param name="parameters">What to train, by name.</param>
    /// <param name="options">The hyper-parameters.</param>
    public AdamW(IEnumerable<(string Name, Parameter Parameter)> parameters, AdamWOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _options = options ?? throw new ArgumentNullException(nameof(options));
        _slots = [.. parameters.Select(p => new Slot(p.Name, p.Parameter, zeros_like(p.Parameter), zeros_like(p.Parameter), Decays(p.Name, p.Parameter)))];
    }

    /// <summary>How many steps have been taken.</summary>
    public long Steps { get; set; }

    /// <summary>The moments, as <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>; the tensors are the optimizer's own.</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        _slots.SelectMany(s => new[] { ("exp_avg." + s.Name, s.Mean), ("exp_avg_sq." + s.Name, s.Square) });

    /// <summary>
    /// open_clip's rule: no decay for vectors, scalars, and whatever is a LayerNorm's or batch norm's, a bias, or logit_scale.
    /// </summary>
    public static bool Decays(string name, Tensor parameter)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.ndim >= 2 && !name.Contains("ln", StringComparison.Ordinal) && !name.Contains("bn", StringComparison.Ordinal)
            && !name.Contains("bias", StringComparison.Ordinal) && !name.Contains("logit_scale", StringComparison.Ordinal);
    }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGrad()
    {
        foreach (var slot in _slots)
        {
            using var gradient = slot.Parameter.grad;
            slot.Parameter.grad = null;
        }
    }

    /// <summary>Takes one step with the gradients at hand; parameters without one stay as they are.</summary>
    /// <param name="learningRate">This step's learning rate.</param>
    /// <param name="maxNorm">The most the gradients' joint 2-norm may be: above it, all count for less (PyTorch's clip_grad_norm_); null for no limit.</param>
    /// <returns>That norm before it is limited; null without a limit, for it takes a pass over all gradients.</returns>
    public double? Step(double learningRate, double? maxNorm = null)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var gradients = _slots.ConvertAll(s => Gradient.Of(s.Parameter));
        double? norm = maxNorm is null ? null : Math.Sqrt(gradients.Sum(g => g?.SumOfSquares() ?? 0));
        var scale = norm is null ? 1 : Math.Min(1, maxNorm!.Value / (norm.Value + 1e-6));

        Steps++;
        double correction1 = 1 - Math.Pow(_options.Beta1, Steps), correction2 = 1 - Math.Pow(_options.Beta2, Steps);
        foreach (var (slot, gradient) in _slots.Zip(gradients))
        {
            var rate = learningRate;
            gradient?.Update(slot.Parameter, slot.Mean, slot.Square, new AdamWFactors(
                (float)scale, (float)(1 - (slot.Decays ? rate * _options.WeightDecay : 0)), (float)(1 - _options.Beta1),
                (float)_options.Beta2, (float)(1 - _options.Beta2), (float)Math.Sqrt(correction2), (float)_options.Epsilon, (float)(-rate / correction1)));
        }

        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
        }
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor Mean, Tensor Square, bool Decays);
}
