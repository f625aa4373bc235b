using Clip.Conversion.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>
/// What a graph's weights are made of: a model's parameters as they are at the moment, by the derivations that the graph's writer recorded,
/// with gradients; and constants, which are kept.
/// </summary>
internal sealed class DerivedWeights : IDisposable
{
    private readonly Dictionary<object, Tensor> _kept = new(ReferenceEqualityComparer.Instance);
    private Device? _device;

    /// <summary>The value of a graph's weight.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="parameter">The model's parameter of a name.</param>
    /// <param name="device">What is computed on.</param>
    /// <returns>A tensor of the caller's, in the dispose scope of the moment, float32.</returns>
    public Tensor Of(WeightTensor weight, Func<string, Tensor> parameter, Device device)
    {
        if (_device is not null && !Same(_device, device)) Forget();
        _device = device;
        using var scope = NewDisposeScope();
        return Shaped(weight).alias().MoveToOuterDisposeScope();

        Tensor Shaped(WeightTensor wanted)
        {
            var values = wanted.Origin is { } origin ? Derived(origin, origin.Sources) : Constant(wanted);
            return values.shape.AsSpan().SequenceEqual([.. wanted.Shape]) ? values : values.reshape([.. wanted.Shape]);
        }

        Tensor Derived(Derivation origin, IReadOnlyList<WeightTensor> sources)
        {
            return origin switch
            {
                Derivation.Named named => parameter(named.Name),
                Derivation.Scaled scaled => Scaled(Shaped(sources[0]), scaled.Factor),
                Derivation.ScaledRows => ByRow(Shaped(sources[0]), Shaped(sources[1])),
                Derivation.Rows rows => Shaped(sources[0]).narrow(0, rows.First, rows.Count),
                Derivation.Gathered gathered => Gathered(gathered, Shaped(sources[0])),
                Derivation.Sum => Shaped(sources[0]).Plus(Shaped(sources[1])),
                Derivation.ProjectedRow row => Scaled(
                    nn.functional.linear(Shaped(sources[2]).reshape(1, -1), Shaped(sources[0]), Shaped(sources[1])), row.Factor),
                Derivation.Exponential exponential => Exponential(Shaped(sources[0]), exponential.Most),
                Derivation.ResizedGrid resized => Resized(resized, Shaped(sources[0])),
                Derivation.NormedKernels normed =>
                    ByRow(Shaped(sources[0]), Factors(Shaped(sources[1]), Shaped(sources[2]), normed.Eps)),
                Derivation.NormedOffsets normed => Shaped(sources[1]).sub(
                    Shaped(sources[2]).mul(Factors(Shaped(sources[0]), Shaped(sources[3]), normed.Eps))),
                Derivation.PerceptronOfConstants perceptron => Perceptron(perceptron, [.. sources.Select(Shaped)]),
                _ => throw new ClipException($"The derivation {origin.GetType().Name} is not trained here."),
            };
        }
    }

    public void Dispose() => Forget();

    private static bool Same(Device a, Device b) => a.type == b.type && a.index == b.index;

    private static Tensor ByRow(Tensor x, Tensor factors) => x.mul(factors.view([-1, .. Enumerable.Repeat(1L, x.shape.Length - 1)]));

    private static Tensor Scaled(Tensor x, float factor)
    {
        using Scalar held = factor;
        return x.mul(held);
    }

    private static Tensor Exponential(Tensor x, float most)
    {
        using Scalar held = most;
        return x.clamp_max(held).exp();
    }

    /// <summary>γ/√(var + ε).</summary>
    private static Tensor Factors(Tensor gain, Tensor variance, double eps)
    {
        using Scalar epsilon = eps, one = 1;
        return gain.div(variance.add(epsilon, one).sqrt());
    }

    private Tensor Gathered(Derivation.Gathered gathered, Tensor source)
    {
        var blocks = source.reshape(-1, gathered.Length);
        var places = Enumerable.Range(0, gathered.Count).Select(gathered.Place);
        // A block of zeros in front, for those that are taken from nowhere.
        var padded = cat([zeros(1, gathered.Length, source.dtype, source.device), blocks], 0);
        return padded.index_select(0, Kept(gathered, () => tensor([.. places.Select(place => Math.Max(place, -1) + 1L)])));
    }

    private Tensor Resized(Derivation.ResizedGrid resized, Tensor source)
    {
        var places = (long)(resized.Before * resized.Before);
        var shares = Kept(resized, () => tensor(resized.Shares()).view(-1, places));
        return shares.matmul(source.reshape(places, -1));
    }

    private Tensor Perceptron(Derivation.PerceptronOfConstants perceptron, Tensor[] layers)
    {
        var rows = perceptron.Inputs;
        var inputs = Kept(perceptron, () => tensor([.. rows.SelectMany(row => row.Select(value => (float)value))]).view(rows.Count, -1));
        var hidden = nn.functional.linear(inputs, layers[0], layers[1]).relu();
        return nn.functional.linear(hidden, layers[2], layers[3]);
    }

    private Tensor Constant(WeightTensor weight) => Kept(weight, () => tensor(weight.Data.ToArray()).view([.. weight.Shape]));

    private Tensor Kept(object of, Func<Tensor> make)
    {
        if (_kept.TryGetValue(of, out var kept)) return kept;
        using var scope = NewDisposeScope();
        return _kept[of] = make().to(_device!, copy: true).DetachFromDisposeScope();
    }

    private void Forget()
    {
        foreach (var tensor in _kept.Values) tensor.Dispose();
        _kept.Clear();
    }
}
