using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// An exponential moving average of a model's weights and of its batch norms' statistics: after each step
/// <c>average ← decay · average + (1 − decay) · weights</c> (Polyak and Juditsky 1992; timm's ModelEma). Its values are kept by the
/// weights' names, so that a checkpoint can be read by anyone.
/// </summary>
/// <remarks>
/// The decay of step n is min(<c>decay</c>, n / (9 + n)) (TensorFlow's ExponentialMovingAverage with num_updates), so that the random
/// starting weights are soon forgotten: until the decay is reached, the average spans about the latest tenth of the run.
/// </remarks>
internal sealed class ModelEma : IDisposable
{
    private readonly double _decay;
    private readonly List<(string Name, Tensor Weight, Tensor Average)> _slots;

    /// <summary>Starts the average at the model's weights.</summary>
    /// <param name="model">The model that is trained; it must outlive the average.</param>
    /// <param name="decay">The share an average keeps at a step, at least 0 and below 1.</param>
    public ModelEma(nn.Module model, double decay)
    {
        if (decay is not (>= 0 and < 1))
            throw new ClipException(
                FormattableString.Invariant($"The decay of an average must be at least 0 and below 1, and is {decay}."));
        _decay = decay;
        using var unused = no_grad();
        _slots = [.. model.state_dict().Select(p => (p.Key, p.Value, p.Value.clone().DetachFromDisposeScope()))];
    }

    /// <summary>The averages, as <c>ema.NAME</c>; the tensors are the object's own.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _slots.Select(s => ("ema." + s.Name, s.Average));

    /// <summary>Takes the model's weights after a step into the average.</summary>
    /// <param name="step">Steps done, this one included.</param>
    public void Update(long step)
    {
        using var unused = no_grad();
        using Tensor towards = 1 - Math.Min(_decay, step / (9.0 + step)); // held, as every scalar must be: see TensorOps
        foreach (var (_, weight, average) in _slots)
        {
            if (average.is_floating_point()) average.lerp_(weight, towards);
            else average.copy_(weight); // a batch norm's count of batches
        }
    }

    /// <summary>Puts the averages into the model until the result is disposed, and the weights in training back then.</summary>
    public IDisposable InModel()
    {
        Exchange();
        return new Restore(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.ForEach(s => s.Average.Dispose());

    private void Exchange()
    {
        using var unused = no_grad();
        foreach (var (_, weight, average) in _slots)
        {
            using var kept = weight.clone();
            weight.copy_(average);
            average.copy_(kept);
        }
    }

    private sealed class Restore(ModelEma ema) : IDisposable
    {
        public void Dispose() => ema.Exchange();
    }
}
