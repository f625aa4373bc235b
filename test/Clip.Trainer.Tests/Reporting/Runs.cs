using Clip.Evaluation;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Tests.Reporting;

/// <summary>What a run of a few steps tells its listeners.</summary>
internal static class Runs
{
    public static StepReport Step(long step, double loss = 2, double logitScale = 14.3) =>
        new(step, TotalSteps: 10, loss, LearningRate: 1e-3, logitScale, Pairs: 32, Seconds: 0.5, DataWaitSeconds: 0.05);

    public static ValidationReport Validation(int epoch, long step) =>
        new(
            epoch, step,
            new ValidationMetrics(1.5, new RetrievalMetrics([0.25, 0.5, 1], [0.125, 0.5, 0.75]), [new ZeroShotResult("pets", 0.4, 0.9)]));

    /// <summary>Tells a listener of steps, with a validation after the fourth.</summary>
    public static void Tell(IRunListener listener, string folder, long from, long to)
    {
        listener.Start(new RunStart(folder, TotalSteps: 10, StepsDone: from - 1));
        for (var step = from; step <= to; step++)
        {
            listener.Step(Step(step));
            if (step == 4) listener.Validation(Validation(1, 4));
        }
    }
}
