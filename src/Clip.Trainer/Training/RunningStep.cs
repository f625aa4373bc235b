using Clip.Data;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>A step on its way, with what is told of it.</summary>
/// <param name="batch">Its pairs.</param>
/// <param name="pixels">Theirs; the object's own.</param>
/// <param name="ids">Theirs; the object's own.</param>
/// <param name="started">The step.</param>
internal sealed class RunningStep(PairBatch batch, Tensor pixels, Tensor ids, StartedStep started) : IDisposable
{
    private StepOutcome? _outcome;

    public PairBatch Batch => batch;

    public Tensor Pixels => pixels;

    public Tensor Ids => ids;

    /// <summary>What is known without waiting.</summary>
    public StepReport Report { get; set; } = null!;

    /// <summary>Waits for the step.</summary>
    public StepOutcome Wait() => _outcome ??= started.Outcome();

    public void Dispose()
    {
        pixels.Dispose();
        ids.Dispose();
        started.Dispose();
    }
}
