using Clip.Conversion.Architectures;
using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>The optimizer's hyper-parameters other than the learning rate.</summary>
/// <param name="Beta1">Decay of the gradient's running mean; null is 0.9.</param>
/// <param name="Beta2">Decay of the squared gradient's running mean; null is 0.98, or 0.999 for a ResNet.</param>
/// <param name="Epsilon">Added to the root of the second moment; null is 1e-6, or 1e-8 for a ResNet.</param>
/// <param name="WeightDecay">Decoupled decay of matrices; gains, biases and logit_scale have none.</param>
public sealed record AdamWOptions(double? Beta1 = null, double? Beta2 = null, double? Epsilon = null, double WeightDecay = 0.2)
{
    /// <summary>
    /// The same with the defaults of a module's family (CLIP paper, table 18): a ResNet's if one is in it, else a Vision Transformer's.
    /// </summary>
    public AdamWOptions For(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var resnet = module.modules().Any(m => m is ModifiedResNet);
        return this with { Beta1 = Beta1 ?? 0.9, Beta2 = Beta2 ?? (resnet ? 0.999 : 0.98), Epsilon = Epsilon ?? (resnet ? 1e-8 : 1e-6) };
    }
}

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) over named parameters, in PyTorch's order of operations, with open_clip's two groups:
/// weight decay for matrices only. Its state is kept by parameter name, so that a checkpoint can be read by anyone.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly double _weightDecay;
    private readonly List<ParameterSlot> _slots;
    private readonly Muon? _muon;
    private List<ParameterGroup> _groups = [];

    /// <summary>Creates the optimizer with zero moments.</summary>
    /// <param name="parameters">What to train, by name.</param>
    /// <param name="options">The hyper-parameters; those not given are a Vision Transformer's.</param>
    /// <param name="factors">What each parameter's learning rate is multiplied with, by name; null for 1 throughout.</param>
    public AdamW(
        IEnumerable<(string Name, Parameter Parameter)> parameters, AdamWOptions options,
        IReadOnlyDictionary<string, double>? factors = null)
        : this(parameters, options, factors, undecayed: null, muon: null)
    {
    }

    /// <param name="parameters">What to train, by name.</param>
    /// <param name="options">The hyper-parameters; those not given are a Vision Transformer's.</param>
    /// <param name="factors">What each parameter's learning rate is multiplied with, by name; null for 1 throughout.</param>
    /// <param name="undecayed">A matrix that has no decay, by name; null for none.</param>
    /// <param name="muon">
    /// Moves other parameters, whose gradients count towards the joint norm, and is disposed with this; null for none.
    /// </param>
    /// <inheritdoc cref="AdamW(IEnumerable{ValueTuple{string, Parameter}}, AdamWOptions, IReadOnlyDictionary{string, double})"/>
    internal AdamW(
        IEnumerable<(string Name, Parameter Parameter)> parameters, AdamWOptions options,
        IReadOnlyDictionary<string, double>? factors, string? undecayed, Muon? muon)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        (_beta1, _beta2, _epsilon, _weightDecay) =
            (options.Beta1 ?? 0.9, options.Beta2 ?? 0.98, options.Epsilon ?? 1e-6, options.WeightDecay);
        _muon = muon;
        _slots = [.. parameters.Select(p => new ParameterSlot(
            p.Name, p.Parameter, zeros_like(p.Parameter), zeros_like(p.Parameter),
            p.Name != undecayed && Decays(p.Name, p.Parameter) ? _weightDecay : 0, factors?[p.Name] ?? 1))];
    }

    /// <summary>How many steps have been taken.</summary>
    public long Steps { get; set; }

    /// <summary>
    /// The moments, as <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>, and Muon's where it has some; the tensors are the optimizer's own.
    /// </summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        [.. _slots.SelectMany(s => new[] { ("exp_avg." + s.Name, s.Mean), ("exp_avg_sq." + s.Name, s.Square) }), .. _muon?.State ?? []];

    /// <summary>
    /// open_clip's rule: no decay for vectors, scalars, and whatever is a LayerNorm's or batch norm's, a bias, or logit_scale.
    /// </summary>
    public static bool Decays(string name, Tensor parameter)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(parameter);
        return LayoutParameter.WeightDecays(name, parameter.ndim);
    }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGrad()
    {
        foreach (var parameter in _slots.Select(s => s.Parameter).Concat(_muon?.Parameters ?? []))
        {
            using var gradient = parameter.grad;
            parameter.grad = null;
        }
    }

    /// <summary>Takes one step with the gradients at hand; parameters without one stay as they are.</summary>
    /// <param name="learningRate">This step's learning rate.</param>
    /// <param name="maxNorm">
    /// The most the gradients' joint 2-norm may be: above it, all count for less (PyTorch's clip_grad_norm_); null for no limit.
    /// </param>
    /// <returns>That norm before it is limited; where it is not finite, nothing has changed.</returns>
    public double Step(double learningRate, double? maxNorm = null) => Step(learningRate, maxNorm, Gradient.Of);

    /// <summary>Takes a step by gradients that lie elsewhere than backward left them.</summary>
    internal double Step(double learningRate, double? maxNorm, Func<Parameter, Gradient?> gradientOf)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var gradients = _slots.ConvertAll(s => gradientOf(s.Parameter));
        var matrices = (_muon?.Parameters ?? []).Select(gradientOf).ToList();
        var norm = Math.Sqrt(gradients.Concat(matrices).Sum(g => g?.SumOfSquares() ?? 0));
        if (!double.IsFinite(norm)) return norm;
        var scale = maxNorm is { } most ? Math.Min(1, most / (norm + 1e-6)) : 1;

        Steps++;
        double correction1 = 1 - Math.Pow(_beta1, Steps), correction2 = 1 - Math.Pow(_beta2, Steps);
        foreach (var (slot, gradient) in _slots.Zip(gradients))
        {
            var rate = learningRate * slot.Factor;
            gradient?.Update(slot.Parameter, slot.Mean, slot.Square, new AdamWFactors(
                (float)scale, (float)(1 - (rate * slot.Decay)), (float)(1 - _beta1),
                (float)_beta2, (float)(1 - _beta2), (float)Math.Sqrt(correction2), (float)_epsilon, (float)(-rate / correction1)));
        }

        if (_muon is null) return norm;
        using Scalar factor = scale;
        var device = _muon.Parameters.First().device;
        _muon.Step(learningRate, matrices.Select(g => g?.Values), g => g.mul(factor), (taken, _) => tensor(taken, device: device));
        return norm;
    }

    /// <summary>
    /// The same without reading anything from the device: whether loss and norm are finite is decided there, and where one is not, every
    /// weight and moment stays as it is.
    /// </summary>
    /// <param name="learningRate">This step's learning rate.</param>
    /// <param name="maxNorm">As in <see cref="Step(double, double?)"/>.</param>
    /// <param name="loss">The step's loss, a scalar.</param>
    /// <param name="scaler">Scaled the loss; null where nothing did.</param>
    /// <returns>The norm, a scalar in the dispose scope of the moment.</returns>
    internal Tensor StepOnDevice(double learningRate, double? maxNorm, Tensor loss, LossScaler? scaler)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        Group();
        var gradients = _groups.ConvertAll(group => group.Gradient());
        var matrices = (_muon?.Parameters ?? []).Select(p => p.grad?.to_type(ScalarType.Float32)).ToList();
        using var guarded = GuardedStep.Of([.. gradients, .. matrices.OfType<Tensor>()], loss, maxNorm, scaler);
        Steps++;
        double correction1 = 1 - Math.Pow(_beta1, Steps), correction2 = 1 - Math.Pow(_beta2, Steps);
        foreach (var (group, gradient) in _groups.Zip(gradients))
        {
            var rate = learningRate * group.Factor;
            guarded.Update(group.Weights, gradient, group.Mean, group.Square, new AdamWFactors(
                1, (float)(1 - (rate * group.Decay)), (float)(1 - _beta1),
                (float)_beta2, (float)(1 - _beta2), (float)Math.Sqrt(correction2), (float)_epsilon, (float)(-rate / correction1)));
        }

        _muon?.Step(learningRate, matrices, guarded.Clipped, guarded.If);
        scaler?.Update(guarded.Finite);
        return guarded.Norm.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _muon?.Dispose();
        _groups.ForEach(group => group.Dispose());
        foreach (var slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
        }
    }

    /// <summary>Lays together the parameters that have gradients; it is done once, unless others have them in another step.</summary>
    private void Group()
    {
        var present = _slots.FindAll(slot => slot.Parameter.grad is not null);
        if (ParameterGroup.Covers(_groups, present)) return;
        var before = _groups;
        _groups = ParameterGroup.Of(present);
        before.ForEach(group => group.Dispose());
    }
}
