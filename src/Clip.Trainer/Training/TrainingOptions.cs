using Clip.Trainer.Data;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Training;

/// <summary>How to train; the defaults are open_clip's where it has them.</summary>
public sealed record TrainingOptions
{
    /// <summary>What is lowered.</summary>
    public ObjectiveKind Objective { get; init; } = ObjectiveKind.Clip;

    /// <summary>What to start from, and what of it stays.</summary>
    internal FineTuningOptions FineTuning { get; init; } = new();

    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 32;

    /// <summary>Pairs a step; each image is told from the others of its batch, so larger is better.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>The peak learning rate.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Steps of the run, in place of <see cref="Epochs"/>; null leaves it to those.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>Minutes after which the run ends, if it has not before; null for no limit.</summary>
    public double? MaxMinutes { get; init; }

    /// <summary>Parts of <see cref="BatchSize"/> pairs that a step encodes one after the other and compares as one batch.</summary>
    public int AccumFrequency { get; init; } = 1;

    /// <summary>Pairs a step compares.</summary>
    public int PairsPerStep => BatchSize * AccumFrequency;

    /// <summary>Whether transformer blocks are run again on the way back instead of keeping their activations.</summary>
    public bool GradCheckpointing { get; init; }

    /// <summary>What the learning rate does after the warm-up.</summary>
    public LearningRateScheduler Scheduler { get; init; }

    /// <summary>The end of <see cref="LearningRateScheduler.ConstCooldown"/>; null for none.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>Each layer's learning rate as a share of the one's above it.</summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>Steps of linear warm-up.</summary>
    public long Warmup { get; init; } = 100;

    /// <summary>AdamW's other settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>The most the gradients' joint norm may be; null leaves them alone.</summary>
    public double? GradClipNorm { get; init; }

    /// <summary>The decay of a running average of the weights, which is validated and exported in their place; null keeps none.</summary>
    public double? ModelEmaDecay { get; init; }

    /// <summary>What happens to the images.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Whether matrix products run in bfloat16; weights, norms and losses stay in float32.</summary>
    public bool Bfloat16 { get; init; }

    /// <summary>Decides the starting weights, the order of the samples, their crops and captions.</summary>
    public long Seed { get; init; }

    /// <summary>Epochs between checkpoints.</summary>
    public int SaveFrequency { get; init; } = 1;

    /// <summary>Steps between further checkpoints; null for none but those of epochs.</summary>
    public long? SaveSteps { get; init; }

    /// <summary>The identity of everything a resumed run must share with the one that was interrupted.</summary>
    /// <param name="data">The identity of the training data.</param>
    internal string Fingerprint(string data) =>
        FormattableString.Invariant($"{Objective.Name()}, {FineTuning with { Pretrained = null }}, data {data}, batch {BatchSize}, ")
        + FormattableString.Invariant($"{Accumulation}{Length}, lr {LearningRate:R}, warm-up {Warmup}, {Schedule}seed {Seed}, ")
        + FormattableString.Invariant($"bf16 {Bfloat16}, clip {GradClipNorm}, average {ModelEmaDecay}, {Optimizer}, {Augmentation}");

    // What is as by default goes unsaid.
    private string Accumulation => AccumFrequency == 1 ? "" : FormattableString.Invariant($"{AccumFrequency} parts, ");

    private string Length =>
        (MaxSteps is { } steps ? FormattableString.Invariant($"{steps} steps") : FormattableString.Invariant($"{Epochs} epochs"))
        + (MaxMinutes is { } minutes ? FormattableString.Invariant($", {minutes} minutes") : "");

    private string Schedule => (Scheduler == LearningRateScheduler.Cosine ? "" : $"{Scheduler} {Cooldown}, ")
        + (LayerDecay == 1 ? "" : FormattableString.Invariant($"layer decay {LayerDecay}, "));
}
