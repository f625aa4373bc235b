using Clip.Conversion.Architectures;
using Clip.Trainer.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

/// <summary>An objective that sees whether a picture is red, green or blue, and notes in which mode its module was each time.</summary>
internal sealed class Colors : IObjective, IDisposable
{
    private readonly Linear _module = nn.Linear(1, 1);

    /// <summary>Whether the module was in training when it was asked for a loss or for scores.</summary>
    public List<bool> WasTraining { get; } = [];

    /// <summary>What a loss is; thrown where it is none.</summary>
    public Func<float> LossValue { get; init; } = () => 0.5f;

    public nn.Module Module => _module;

    public ParameterLayout Layout => throw new NotSupportedException();

    public Tensor? LogitScale => null;

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        WasTraining.Add(_module.training);
        return tensor(LossValue());
    }

    public void AfterStep() => throw new NotSupportedException();

    /// <summary>How many prompts a classifier was last made of, and how many of each label.</summary>
    public (long Prompts, int PerLabel) Classified { get; private set; }

    /// <summary>Of three labels: red, green, blue.</summary>
    public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel)
    {
        Classified = (prompts.shape[0], perLabel);
        return pixels =>
        {
            WasTraining.Add(_module.training);
            return pixels.mean([2, 3]);
        };
    }

    public void Dispose() => _module.Dispose();
}
