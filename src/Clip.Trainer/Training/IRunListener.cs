using Clip.Trainer.Validation;


namespace Clip.Trainer.Training;

/// <summary>Told of a run from its start to its end: displays, logs and reports.</summary>
internal interface IRunListener : IDisposable
{
    /// <summary>The run is about to train.</summary>
    void Start(RunStart start);

    /// <summary>A step is done.</summary>
    void Step(StepReport step);

    /// <summary>A validation is done.</summary>
    void Validation(ValidationReport validation);

    /// <summary>The run has ended, or was stopped.</summary>
    void End(RunEnd end);
}

/// <summary>What a run begins with.</summary>
/// <param name="Folder">Where its records go; it exists.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="StepsDone">Steps done already, where it was resumed; what earlier records say of later ones no longer holds.</param>
internal sealed record RunStart(string Folder, long TotalSteps, long StepsDone);

/// <summary>What a run ends with.</summary>
/// <param name="Folder">Where its records are.</param>
/// <param name="Title">What was trained, in a few words.</param>
/// <param name="Facts">What is worth knowing of it: names and values.</param>
/// <param name="Sample">A batch of validation pairs as the trained model sees them; null where there is none.</param>
internal sealed record RunEnd(string Folder, string Title, IReadOnlyList<(string Name, string Value)> Facts, PairSample? Sample)
{
    /// <summary>Why there is no sample, where there is none.</summary>
    public string WithoutSample { get; init; } = "There were no validation data to show pairs of.";
}
