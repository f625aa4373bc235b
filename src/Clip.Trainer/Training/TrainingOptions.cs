using Clip.Data;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Training;

/// <summary>How to train, by open_clip's names; docs/cli.md says which defaults are its.</summary>
public sealed record TrainingOptions
{
    /// <summary>What is lowered.</summary>
    public ObjectiveKind Objective { get; init; } = ObjectiveKind.Clip;

    /// <summary>What to start from, what of it stays, and LoRA; by default random weights, all of which are trained.</summary>
    public FineTuningOptions FineTuning { get; init; } = new();

    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 32;

    /// <summary>Pairs a step, of each rank of a job; each image is told from the others of its batch, so larger is better.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>The peak learning rate.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Steps of the run, in place of <see cref="Epochs"/>; null leaves it to those.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>Minutes after which the run ends, if it has not before; null for no limit.</summary>
    public double? MaxMinutes { get; init; }

    /// <summary>Parts of <see cref="BatchSize"/> pairs that a step encodes one after the other and compares as one batch.</summary>
    public int AccumFrequency { get; init; } = 1;

    /// <summary>Pairs a step compares, of each rank.</summary>
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

    /// <summary>What moves the weights.</summary>
    public OptimizerAlgorithm Algorithm { get; init; }

    /// <summary>AdamW's other settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>The most the gradients' joint norm may be; null leaves them alone.</summary>
    public double? GradClipNorm { get; init; }

    /// <summary>The decay of a running average of the weights, which is validated and exported in their place; null keeps none.</summary>
    public double? ModelEmaDecay { get; init; }

    /// <summary>
    /// How much of each pair's certainty the cross-entropies spread evenly over the batch, for the objective clip; 0 is CLIP's.
    /// </summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The largest inverse temperature, for the objectives that learn one; 100 is CLIP's.</summary>
    public double MaxLogitScale { get; init; } = 100;

    /// <summary>What happens to the captions.</summary>
    public CaptionAugmentation Captions { get; init; } = new();

    /// <summary>What happens to the images.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>What matrix products run in; weights, norms and losses stay in float32.</summary>
    public TrainingPrecision Precision { get; init; }

    /// <summary>Whether a GPU may round float32 factors to 10 bits, of convolutions, too (NVIDIA's TF32), which is much faster.</summary>
    public bool Tf32 { get; init; }

    /// <summary>
    /// What to train on: <c>auto</c> (default) for the first NVIDIA GPU where there is one, else the CPU; <c>cpu</c>, <c>cuda</c>,
    /// <c>cuda:N</c> or <c>mps</c>.
    /// </summary>
    public string Device { get; init; } = TorchDevice.Auto;

    /// <summary>
    /// Whether each rank of a job compares only its own pairs with all others, and the features' gradients are summed over the ranks:
    /// less memory and arithmetic at a large batch, more to send, the same result.
    /// </summary>
    public bool LocalLoss { get; init; }

    /// <summary>In what numbers gradients travel between the ranks of a job.</summary>
    public GradientCompression GradientCompression { get; init; }

    /// <summary>Whether batch norms take the pictures of all ranks of a job as one batch.</summary>
    public bool SynchronizedBatchNorm { get; init; }

    /// <summary>Decides the starting weights, the order of the samples, their crops and captions.</summary>
    public long Seed { get; init; }

    /// <summary>Epochs between checkpoints.</summary>
    public int SaveFrequency { get; init; } = 1;

    /// <summary>Steps between further checkpoints; null for none but those of epochs.</summary>
    public long? SaveSteps { get; init; }

    /// <summary>Refuses, before anything is done, numbers that no training can go by.</summary>
    /// <exception cref="ClipException">One of them is out of its range, or not finite.</exception>
    internal void Validate()
    {
        Check(Epochs, nameof(Epochs), least: 1);
        Check(BatchSize, nameof(BatchSize), least: 2);
        Check(AccumFrequency, nameof(AccumFrequency), least: 1, most: (1 << 24) / BatchSize);
        Check(MaxSteps, nameof(MaxSteps), least: 1);
        Check(MaxMinutes, nameof(MaxMinutes), least: double.Epsilon);
        Check(LearningRate, nameof(LearningRate), least: double.Epsilon);
        Check(LayerDecay, nameof(LayerDecay), least: double.Epsilon, most: 1);
        Check(Warmup, nameof(Warmup), least: 0);
        Check(Cooldown?.Epochs, "Cooldown.Epochs", least: 0);
        Check(Cooldown?.End, "Cooldown.End", least: 0);
        Check(Cooldown?.Power, "Cooldown.Power", least: double.Epsilon);
        Check(Optimizer.WeightDecay, "Optimizer.WeightDecay", least: 0);
        Check(Optimizer.Beta1, "Optimizer.Beta1", least: 0, most: Math.BitDecrement(1.0));
        Check(Optimizer.Beta2, "Optimizer.Beta2", least: 0, most: Math.BitDecrement(1.0));
        Check(Optimizer.Epsilon, "Optimizer.Epsilon", least: double.Epsilon);
        Check(GradClipNorm, nameof(GradClipNorm), least: double.Epsilon);
        Check(ModelEmaDecay, nameof(ModelEmaDecay), least: 0, most: Math.BitDecrement(1.0));
        Check(FineTuning.LockImageUnlockedGroups, "FineTuning.LockImageUnlockedGroups", least: 0);
        Check(FineTuning.LockTextUnlockedLayers, "FineTuning.LockTextUnlockedLayers", least: 0);
        Check(FineTuning.LoraRank, "FineTuning.LoraRank", least: 0);
        Check(FineTuning.LoraAlpha, "FineTuning.LoraAlpha", least: double.Epsilon);
        Check(SaveFrequency, nameof(SaveFrequency), least: 1);
        Check(SaveSteps, nameof(SaveSteps), least: 1);
        Check(Augmentation.OutlineChance, "Augmentation.OutlineChance", least: 0, most: 1);
        Check(Captions.FirstChance, "Captions.FirstChance", least: 0, most: 1);
        Check(Captions.JoinChance, "Captions.JoinChance", least: 0, most: 1);
        Check(Captions.ShuffleChance, "Captions.ShuffleChance", least: 0, most: 1);
        Check(Captions.WordDropout, "Captions.WordDropout", least: 0, most: Math.BitDecrement(1.0));
        Check(LabelSmoothing, nameof(LabelSmoothing), least: 0, most: Math.BitDecrement(1.0));
        Check(MaxLogitScale, nameof(MaxLogitScale), least: 1, most: 100);
        if (LabelSmoothing > 0 && Objective != ObjectiveKind.Clip)
            throw new ClipException($"`LabelSmoothing` is for the objective clip, and `Objective` is {Objective.Name()}; leave it out.");
        if (MaxLogitScale < 100 && Objective is not (ObjectiveKind.Clip or ObjectiveKind.SigLip))
            throw new ClipException(
                $"`MaxLogitScale` is for the objectives clip and siglip, and `Objective` is {Objective.Name()}; leave it out.");
        FineTuning.RequireParts();
        TorchDevice.Check(Device);

        static void Check(double? value, string name, double least, double most = double.MaxValue)
        {
            if (value is { } number && !(number >= least && number <= most))
                throw new ClipException(
                    FormattableString.Invariant($"`{name}` is {number}, and must be ")
                    + (least == double.Epsilon ? "above 0" : FormattableString.Invariant($"at least {least}"))
                    + (most == double.MaxValue ? " and finite." : FormattableString.Invariant($" and at most {most}.")));
        }
    }

    /// <summary>What a run that goes on, or repeats another, is compared by; see <see cref="Training.Course"/>.</summary>
    /// <param name="data">The identity of the training data.</param>
    /// <param name="ranks">Among how many ranks a batch is divided: the course is that of their batches together.</param>
    internal IReadOnlyDictionary<string, string> Course(string data, int ranks = 1)
    {
        var (tuning, crop) = (FineTuning, Augmentation.Crop);
        (string Name, object? Value)[] values =
        [
            ("the training data", data), ("Objective", Objective.Name()), ("BatchSize", BatchSize * ranks),
            ("AccumFrequency", AccumFrequency),
            ("Epochs", MaxSteps is null ? Epochs : null), ("MaxSteps", MaxSteps), ("MaxMinutes", MaxMinutes),
            ("LearningRate", LearningRate), ("Warmup", Warmup), ("Scheduler", Scheduler),
            ("Cooldown.Epochs", Cooldown?.Epochs), ("Cooldown.End", Cooldown?.End), ("Cooldown.Power", Cooldown?.Power),
            ("LayerDecay", LayerDecay),
            ("Optimizer.WeightDecay", Optimizer.WeightDecay), ("Optimizer.Beta1", Optimizer.Beta1),
            ("Optimizer.Beta2", Optimizer.Beta2), ("Optimizer.Epsilon", Optimizer.Epsilon),
            ("GradClipNorm", GradClipNorm), ("ModelEmaDecay", ModelEmaDecay), ("Seed", Seed),
            ("Precision", Precision.ToString().ToLowerInvariant()), ("Tf32", Tf32),
            ("GradientCompression", GradientCompression == GradientCompression.None ? null : GradientCompression),
            ("SynchronizedBatchNorm", SynchronizedBatchNorm),
            ("FineTuning.LockImage", tuning.LockImage), ("FineTuning.LockImageUnlockedGroups", tuning.LockImageUnlockedGroups),
            ("FineTuning.LockText", tuning.LockText), ("FineTuning.LockTextUnlockedLayers", tuning.LockTextUnlockedLayers),
            ("FineTuning.LoraRank", tuning.LoraRank), ("FineTuning.LoraAlpha", tuning.LoraAlpha),
            ("Augmentation.Crop.MinScale", crop.MinScale), ("the crops' largest scale", crop.MaxScale),
            ("the crops' least ratio", crop.MinRatio), ("the crops' largest ratio", crop.MaxRatio),
            ("Augmentation.Background", Augmentation.Background), ("Augmentation.FlipChance", Augmentation.FlipChance),
            ("Augmentation.Rotation", Augmentation.Rotation), ("Augmentation.Translation", Augmentation.Translation),
            ("Augmentation.Zoom", Augmentation.Zoom), ("Augmentation.ColorJitter", Augmentation.ColorJitter),
            ("Augmentation.Hue", Augmentation.Hue), ("Augmentation.GrayscaleChance", Augmentation.GrayscaleChance),
            ("Augmentation.BlurChance", Augmentation.BlurChance),
            // Runs of versions that did not have them go on.
            ("Augmentation.OutlineChance", Unless(0, Augmentation.OutlineChance)),
            ("Captions.FirstChance", Unless(0, Captions.FirstChance)), ("Captions.JoinChance", Unless(0, Captions.JoinChance)),
            ("Captions.ShuffleChance", Unless(0, Captions.ShuffleChance)), ("Captions.WordDropout", Unless(0, Captions.WordDropout)),
            ("Algorithm", Algorithm == OptimizerAlgorithm.AdamW ? null : Algorithm),
            ("LabelSmoothing", Unless(0, LabelSmoothing)), ("MaxLogitScale", Unless(100, MaxLogitScale)),
        ];
        return values.ToDictionary(v => v.Name, v => Training.Course.Text(v.Value));

        static double? Unless(double usual, double value) => value == usual ? null : value;
    }
}

/// <summary>What moves the weights by their gradients.</summary>
public enum OptimizerAlgorithm
{
    /// <summary>AdamW throughout (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>
    /// Muon (Jordan 2024) for the matrices of hidden layers, and AdamW for all else: gains and biases, embeddings, what comes before the
    /// first block or stage and behind the last. Learning rate and weight decay are one for both (Liu et al. 2025, arXiv:2502.16982).
    /// </summary>
    Muon,
}

/// <summary>In what numbers gradients travel between ranks.</summary>
public enum GradientCompression
{
    /// <summary>float32, as they are.</summary>
    None,

    /// <summary>16-bit floats: half as many bytes, and 11 significant bits.</summary>
    Float16,

    /// <summary>bfloat16: half as many bytes, 8 significant bits, and float32's range.</summary>
    BFloat16,
}
