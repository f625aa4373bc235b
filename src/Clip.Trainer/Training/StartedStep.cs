using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>What a step came to.</summary>
/// <param name="Loss">Before the step.</param>
/// <param name="GradientNorm">The gradients' joint 2-norm before clipping.</param>
/// <param name="LogitScale">The inverse temperature after the step; NaN where the objective has none.</param>
internal readonly record struct StepOutcome(float Loss, double GradientNorm, double LogitScale)
{
    /// <summary>By how much the loss was scaled where products run in float16; null elsewhere.</summary>
    public double? LossScale { get; init; }

    /// <summary>
    /// Whether both are numbers to go on with. In float16 gradients may overflow: the step was left out, and the next scale is lower; that
    /// is no fault until the scale has become so small that they cannot have overflowed by it.
    /// </summary>
    public bool IsFinite => float.IsFinite(Loss) && (double.IsFinite(GradientNorm) || LossScale >= LossScaler.Least);
}

/// <summary>
/// A step that has been started: on a GPU it is computed while the program goes on, so its numbers are better read after the next one was
/// started.
/// </summary>
/// <param name="values">Loss, norm, inverse temperature, and by how much the loss was scaled.</param>
internal sealed class StartedStep(Tensor values) : IDisposable
{
    /// <summary>Keeps the numbers of a step, on their device.</summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="norm">A scalar.</param>
    /// <param name="logitScale">A scalar, or null where there is none.</param>
    /// <param name="scaler">Scaled the loss; null where nothing did.</param>
    public static StartedStep Of(Tensor loss, Tensor norm, Tensor? logitScale, LossScaler? scaler)
    {
        using var scope = NewDisposeScope();
        var none = loss.Widened();
        Tensor[] values = [none, norm.Widened(), (logitScale ?? none).Widened(), (scaler?.Last ?? none).Widened()];
        return new StartedStep(stack([.. values.Select(value => value.reshape(1))]).DetachFromDisposeScope())
        {
            HasLogitScale = logitScale is not null,
            HasScaler = scaler is not null,
        };
    }

    private bool HasLogitScale { get; init; }

    private bool HasScaler { get; init; }

    /// <summary>Waits for the step.</summary>
    public StepOutcome Outcome()
    {
        var read = HostRead.Numbers(values);
        return new StepOutcome((float)read[0], read[1], HasLogitScale ? read[2] : double.NaN)
        {
            LossScale = HasScaler ? read[3] : null,
        };
    }

    public void Dispose() => values.Dispose();
}
