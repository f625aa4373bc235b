using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>One step of training, from a batch to other weights; and all that changes with it, which is what a checkpoint holds.</summary>
/// <param name="objective">Its module is trained in place.</param>
/// <param name="options">How to train.</param>
internal sealed class TrainingStep(IObjective objective, TrainingOptions options) : IDisposable
{
    private readonly AdamW _optimizer = new(objective.Module.named_parameters(), options.Optimizer);
    private readonly ModelEma? _ema = options.ModelEmaDecay is { } decay ? new ModelEma(objective.Module, decay) : null;

    /// <summary>What is trained.</summary>
    public nn.Module Module => objective.Module;

    /// <summary>How many steps have been taken.</summary>
    public long Steps
    {
        get => _optimizer.Steps;
        set => _optimizer.Steps = value;
    }

    /// <summary>The optimizer's moments and the averaged weights, by name; the tensors are the object's own.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [.. _optimizer.State, .. _ema?.State ?? []];

    /// <summary>Puts the averaged weights, where the run keeps them, into the module until the result is disposed: for validation and export.</summary>
    public IDisposable? UseAveragedWeights() => _ema?.InModel();

    /// <summary>Takes a step.</summary>
    /// <param name="pixels">[B, 3, S, S] normalised pixels.</param>
    /// <param name="ids">[B, L] int64 token ids; row i belongs to image i.</param>
    /// <param name="learningRate">This step's.</param>
    /// <returns>The loss; where it is not finite, nothing has changed.</returns>
    public float Take(Tensor pixels, Tensor ids, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var precision = Autocast.Bfloat16(options.Bfloat16);
        _optimizer.ZeroGrad();
        var loss = objective.Loss(pixels, ids);
        var value = loss.item<float>();
        if (!float.IsFinite(value)) return value;
        loss.backward();
        _optimizer.Step(learningRate, options.GradClipNorm);
        objective.AfterStep();
        _ema?.Update(Steps);
        return value;
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _ema?.Dispose();
    }
}
