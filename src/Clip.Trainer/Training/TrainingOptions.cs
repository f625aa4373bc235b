using Clip.Trainer.Data;

namespace Clip.Trainer.Training;

/// <summary>How to train; the defaults are open_clip's where it has them.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 32;

    /// <summary>Pairs a step; each image is told from the others of its batch, so larger is better.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>The peak learning rate.</summary>
    public double LearningRate { get; init; } = 5e-4;

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
        FormattableString.Invariant($"data {data}, batch {BatchSize}, {Epochs} epochs, lr {LearningRate:R}, warm-up {Warmup}, seed {Seed}, bf16 {Bfloat16}, clip {GradClipNorm}, average {ModelEmaDecay}, {Optimizer}, {Augmentation}");
}
