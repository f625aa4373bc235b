using Clip.Conversion.Architectures;
using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// Muon (Jordan 2024, "Muon: an optimizer for hidden layers in neural networks"): a matrix moves along its gradients' running mean with all
/// singular values made about one, so that directions which the gradient hardly shows are learned, too. Steps are as large as AdamW's
/// usually are, so that learning rate and weight decay are of one kind (Liu et al. 2025, arXiv:2502.16982, section 2.2), as PyTorch's
/// <c>torch.optim.Muon</c> has it with <c>adjust_lr_fn="match_rms_adamw"</c>.
/// </summary>
internal sealed class Muon : IDisposable
{
    private const float Momentum = 0.95f;
    private const int Iterations = 5;

    /// <summary>How large a step of AdamW is by a number, as a rule (Liu et al. 2025).</summary>
    private const double StepOfAdamW = 0.2;

    /// <summary>The polynomial first·x + third·x³ + fifth·x⁵ that drives every x in (0, 1] towards about one (Jordan 2024).</summary>
    private static readonly (float First, float Third, float Fifth) Polynomial = (3.4445f, -4.7750f, 2.0315f);

    private readonly List<Slot> _slots;

    /// <summary>Creates the optimizer with no momentum.</summary>
    /// <param name="matrices">What it moves, by name; convolutions count as matrices of a row for each channel they give.</param>
    /// <param name="weightDecay">Decoupled, as AdamW's.</param>
    /// <param name="factors">What each learning rate is multiplied with, by name; null for 1 throughout.</param>
    public Muon(
        IEnumerable<(string Name, Parameter Parameter)> matrices, double weightDecay, IReadOnlyDictionary<string, double>? factors) =>
        _slots = [.. matrices.Select(m => new Slot(m.Name, m.Parameter, zeros_like(m.Parameter), weightDecay, factors?[m.Name] ?? 1))];

    /// <summary>The gradients' running means, as <c>momentum_buffer.NAME</c>; the tensors are the optimizer's own.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _slots.Select(s => ("momentum_buffer." + s.Name, s.Momentum));

    /// <summary>What it moves.</summary>
    public IEnumerable<Parameter> Parameters => _slots.Select(s => s.Parameter);

    /// <summary>
    /// Whether a parameter is a matrix of a hidden layer. AdamW keeps the others: gains and biases, embeddings, what comes before the first
    /// block or stage, and what comes behind the last, a ResNet's attention pooling and the projections.
    /// </summary>
    /// <param name="layout">The model's.</param>
    /// <param name="name">The parameter's.</param>
    public static bool Takes(ParameterLayout layout, string name) =>
        layout.Find(name) is { Place.Tower: { } tower } parameter && parameter.Shape.Count >= 2
        && LayoutParameter.WeightDecays(name, parameter.Shape.Count)
        && parameter.Place.Layer > 0 && parameter.Place.Layer < layout.TopLayer(tower);

    /// <summary>Takes a step.</summary>
    /// <param name="learningRate">This step's.</param>
    /// <param name="gradients">Of each of <see cref="Parameters"/>; null where it has none, and it stays as it is.</param>
    /// <param name="limited">A gradient as it counts, after clipping.</param>
    /// <param name="number">
    /// Of a number for a step that is taken and another for one that is refused, the one that counts: a scalar.
    /// </param>
    public void Step(
        double learningRate, IEnumerable<Tensor?> gradients, Func<Tensor, Tensor> limited, Func<float, float, Tensor> number)
    {
        using Scalar one = 1f;
        using Tensor towards = number(1 - Momentum, 0), ahead = number(Momentum, 1);
        foreach (var (slot, all) in _slots.Zip(gradients))
        {
            if (all is null) continue;
            using var scope = NewDisposeScope(); // one matrix's copies at a time
            var gradient = limited(all);
            slot.Momentum.lerp_(gradient, towards);
            var direction = slot.Direction(gradient.lerp(slot.Momentum, ahead));
            var rate = learningRate * slot.Factor;
            slot.Parameter.mul_(number((float)(1 - (rate * slot.Decay)), 1)).add_(direction.mul_(number((float)-rate, 0)), one);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.ForEach(slot => slot.Momentum.Dispose());

    /// <summary>
    /// A matrix with the singular vectors of another, and singular values between 0.7 and 1.2 as a rule: Newton and Schulz's iteration, in
    /// the precision that matrix products have at the moment.
    /// </summary>
    private static Tensor Orthogonal(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        using Scalar least = 1e-7;
        var lies = matrix.shape[0] <= matrix.shape[1];
        var x = Autocast.Shortened((lies ? matrix : matrix.t()).div(matrix.norm().clamp_min(least)));
        for (var i = 0; i < Iterations; i++)
        {
            var gram = x.mm(x.t());
            x = x.addmm(gram.addmm(gram, gram, Polynomial.Third, Polynomial.Fifth), x, Polynomial.First, 1);
        }

        return (lies ? x : x.t()).MoveToOuterDisposeScope();
    }

    private sealed record Slot(string Name, Parameter Parameter, Tensor Momentum, double Decay, double Factor)
    {
        /// <summary>Queries', keys' and values' weights lie in one tensor, and are three matrices.</summary>
        private readonly int _matrices = Name.EndsWith("in_proj_weight", StringComparison.Ordinal) ? 3 : 1;

        /// <summary>Where the matrix goes at a learning rate of one.</summary>
        public Tensor Direction(Tensor mean)
        {
            var parts = mean.reshape(mean.shape[0], -1).chunk(_matrices);
            using Scalar size = StepOfAdamW * Math.Sqrt(Math.Max(parts[0].shape[0], parts[0].shape[1]));
            return cat([.. parts.Select(Orthogonal)]).to_type(mean.dtype).mul_(size).reshape(mean.shape);
        }
    }
}
