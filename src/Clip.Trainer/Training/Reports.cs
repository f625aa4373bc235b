using Clip.Trainer.Validation;


namespace Clip.Trainer.Training;

/// <summary>One step, as displays and logs see it.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Loss">The step's loss.</param>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="LogitScale">The inverse temperature after the step; NaN where the objective has none.</param>
/// <param name="Pairs">Pairs in the batch.</param>
/// <param name="Seconds">Wall time of the step, waiting for data included.</param>
/// <param name="DataWaitSeconds">How much of it was waiting for data.</param>
public sealed record StepReport(
    long Step, long TotalSteps, double Loss, double LearningRate, double LogitScale, int Pairs, double Seconds, double DataWaitSeconds)
{
    /// <summary>Seconds until the run's minutes are over; null where they have no limit.</summary>
    public double? SecondsAllowed { get; init; }

    /// <summary>What logs keep of it, by open_clip's names where it has them; <c>data_wait</c> is a share of the step's time.</summary>
    public IEnumerable<(string Name, double Value)> Values
    {
        get
        {
            yield return ("loss", Loss);
            yield return ("lr", LearningRate);
            if (double.IsFinite(LogitScale)) yield return ("logit_scale", LogitScale);
            yield return ("samples_per_second", Pairs / Seconds);
            yield return ("data_wait", DataWaitSeconds / Seconds);
        }
    }
}

/// <summary>A validation at the end of an epoch.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Metrics">What was measured.</param>
internal sealed record ValidationReport(int Epoch, long Step, ValidationMetrics Metrics);
