using Clip.Data;
using Clip.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>A training that one rank and several do alike.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Training">How; its batch is that of all ranks together.</param>
internal sealed record RankCase(string Name, TrainingOptions Training)
{
    public const string Resumed = "resumed";

    private static readonly TrainingOptions Usual = new()
    {
        BatchSize = 4,
        MaxSteps = 20,
        LearningRate = 1e-3,
        Warmup = 2,
        Seed = 5,
        GradClipNorm = 1,
        SaveFrequency = 100,
    };

    private static readonly TrainingOptions ResNet = Usual with
    {
        BatchSize = 8,
        LearningRate = 1e-4,
        SynchronizedBatchNorm = true,
        Optimizer = new AdamWOptions(Epsilon: 1e-3),
    };

    /// <summary>The table of pairs.</summary>
    public string Table { get; init; } = "pairs.tsv";

    /// <summary>The model's config.</summary>
    public string Config { get; init; } = "model.json";

    /// <summary>The most that losses and weights differ.</summary>
    public double Tolerance { get; init; } = 1e-5;

    public static IReadOnlyList<RankCase> All { get; } =
    [
        new("gathered", Usual),
        new("local loss", Usual with { LocalLoss = true }),
        new("accumulation", Usual with { AccumFrequency = 2 }),
        new("accumulation, local loss", Usual with { AccumFrequency = 2, LocalLoss = true, GradCheckpointing = true }),
        new("siglip", Usual with { Objective = ObjectiveKind.SigLip }),
        new("siglip, local loss", Usual with { Objective = ObjectiveKind.SigLip, LocalLoss = true }),
        new("convirt", Usual with { Objective = ObjectiveKind.ConVirt, Augmentation = Augmentation.ConVirt }),
        new("convirt, local loss", Usual with { Objective = ObjectiveKind.ConVirt, LocalLoss = true }),
        new("virtex", Usual with { Objective = ObjectiveKind.VirTex, BatchSize = 8 }),
        new("virtex, accumulation", Usual with { Objective = ObjectiveKind.VirTex, AccumFrequency = 2 }),
        new("bow", Usual with { Objective = ObjectiveKind.Bow, BatchSize = 8 }),
        new("bow, accumulation", Usual with { Objective = ObjectiveKind.Bow, AccumFrequency = 2 }),
        new("average", Usual with { ModelEmaDecay = 0.9, LayerDecay = 0.7 }),
        new("muon", Usual with { Algorithm = OptimizerAlgorithm.Muon }),
        new("lora", Usual with { FineTuning = new FineTuningOptions { LoraRank = 2 } }),
        new("locked image tower", Usual with { FineTuning = new FineTuningOptions { LockImage = true } }),
        // Many normalizations make rounding larger; BatchNorm2d by itself is compared more closely.
        new("batch norm", ResNet) { Config = "resnet.json", Table = "noise.tsv", Tolerance = 1e-4 },
        new("batch norm, accumulation", ResNet with { AccumFrequency = 2 })
        {
            Config = "resnet.json", Table = "noise.tsv", Tolerance = 1e-4,
        },
        new("bad records", Usual) { Table = "bad.tsv" },
        new("fewer pairs than a batch", Usual with { BatchSize = 8 }) { Table = "five.tsv" },
        // A product in bfloat16 is rounded once for a batch, and once for each rank's part of it.
        new("bf16", Usual with { Precision = TrainingPrecision.Bf16 }) { Tolerance = 2e-2 },
        new("gradients in bf16", Usual with { GradientCompression = GradientCompression.BFloat16 }) { Tolerance = 5e-3 },
        new("gradients in fp16", Usual with { GradientCompression = GradientCompression.Float16 }) { Tolerance = 1e-3 },
        new(Resumed, Usual with { SaveSteps = 10, ModelEmaDecay = 0.9 }),
    ];

    /// <summary>As a run's options.</summary>
    /// <param name="folder">Where data and config are.</param>
    /// <param name="ranks">Among how many ranks a batch is divided.</param>
    public TrainingRunOptions Options(string folder, int ranks) => new()
    {
        Data = new RunData(NamedSource.Of(Path.Combine(folder, Table)))
        {
            Reading = new ReadingOptions { MaxBadPercent = 50 },
            LogSamples = Path.Combine(folder, ranks == 1 ? "one" : "several", Name + ".samples"),
        },
        Model = new RunModel(Path.Combine(folder, Config))
        {
            VocabSize = 520,
            Tokenizer = Name == Resumed ? null : Path.Combine(folder, "tokenizer"),
        },
        Training = Training with { BatchSize = Training.BatchSize / ranks },
    };
}
