using System.CommandLine;
using Clip.Cli.Options;
using Clip.Trainer;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>How <c>clip train</c> steps: batch, schedule, optimizer, precision. Options are named as open_clip's.</summary>
internal sealed class OptimizationOptions
{
    private static readonly TrainingOptions Defaults = new();

    public Option<int> Epochs { get; } = new("--epochs")
    {
        Description = "Passes over the data.",
        DefaultValueFactory = _ => Defaults.Epochs,
    };

    private readonly Option<int> _batchSize = new("--batch-size")
    {
        Description = "Pairs per step, of each rank with mpirun; each picture is told from the others of its batch, so larger is better.",
        DefaultValueFactory = _ => Defaults.BatchSize,
    };

    private readonly Option<double> _lr = new("--lr")
    {
        Description = "Peak learning rate.",
        DefaultValueFactory = _ => Defaults.LearningRate,
    };

    private readonly Option<long> _warmup = new("--warmup")
    {
        Description = "Steps of linear warm-up.",
        DefaultValueFactory = _ => Defaults.Warmup,
    };

    private readonly Option<double> _wd = new("--wd")
    {
        Description = "Weight decay, of matrices only: not of gains, biases and the logit scale.",
        DefaultValueFactory = _ => Defaults.Optimizer.WeightDecay,
    };

    private readonly Option<string> _opt = new("--opt")
    {
        Description = "adamw; or muon, which moves the matrices of the towers' blocks, and leaves all else to AdamW.",
        DefaultValueFactory = _ => "adamw",
    };

    private readonly Option<double?> _beta1 = new("--beta1") { Description = "AdamW's first beta; 0.9 unless given." };
    private readonly Option<double?> _beta2 = new("--beta2")
    {
        Description = "AdamW's second beta; 0.98 unless given, 0.999 for a ResNet.",
    };

    private readonly Option<double?> _eps = new("--eps") { Description = "AdamW's epsilon; 1e-6 unless given, 1e-8 for a ResNet." };
    private readonly Option<double?> _clip = new("--grad-clip-norm")
    {
        Description = "The largest norm of the gradients; larger ones are scaled down to it.",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "fp32; or bf16 or fp16, which run matrix products in bfloat16 or float16 and keep all else in float32. On a CPU, "
            + "bf16 needs AVX-512.",
        DefaultValueFactory = _ => "fp32",
    };

    private readonly Option<bool> _tf32 = new("--tf32")
    {
        Description =
            "Lets a GPU round the factors of float32 products and convolutions to 10 bits (NVIDIA's TF32), which is several times as fast.",
    };

    private readonly Option<string> _device = DeviceOption.Create();

    private readonly Option<long?> _maxSteps = new("--max-steps") { Description = "Steps after which the run ends, in place of --epochs." };
    private readonly Option<double?> _maxMinutes = new("--max-minutes")
    {
        Description = "Minutes after which the run ends; the learning rate's schedule ends with it.",
    };

    private readonly Option<int> _accumFreq = new("--accum-freq")
    {
        Description = "Batches that a step compares as one.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _gradCheckpointing = new("--grad-checkpointing")
    {
        Description = "Computes transformer blocks twice instead of keeping their activations.",
    };

    private readonly Option<string> _scheduler = new("--lr-scheduler")
    {
        Description = "After the warm-up: cosine, half a cosine down to zero; const; or const-cooldown, which falls at the end.",
        DefaultValueFactory = _ => "cosine",
    };

    private readonly Option<double?> _cooldownEpochs = new("--epochs-cooldown")
    {
        Description = "How many of the last epochs the learning rate of const-cooldown falls in.",
    };

    private readonly Option<double> _cooldownEnd = new("--lr-cooldown-end")
    {
        Description = "The learning rate that const-cooldown falls to.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> _cooldownPower = new("--lr-cooldown-power")
    {
        Description = "The exponent of the fall; 1 is linear.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _layerDecay = new("--layer-decay")
    {
        Description = "Each layer's learning rate as a fraction of that of the layer above it; 0.75 or so to fine-tune.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _modelEma = new("--model-ema")
    {
        Description = "Keeps a running average of the weights, which validation and the model folder use.",
    };

    private readonly Option<double> _modelEmaDecay = new("--model-ema-decay")
    {
        Description = "The share of itself that the average keeps at each step.",
        DefaultValueFactory = _ => 0.9998,
    };

    private readonly Option<bool> _localLoss = new("--local-loss")
    {
        Description = "With mpirun: each rank compares its own pairs with all, and features' gradients are summed; the result is the same.",
    };

    private readonly Option<string> _gradCompression = new("--grad-compression")
    {
        Description = "With mpirun: in what numbers gradients travel between ranks, none (fp32), fp16 or bf16.",
        DefaultValueFactory = _ => "none",
    };

    private readonly Option<bool> _useBnSync = new("--use-bn-sync")
    {
        Description = "With mpirun: batch norms take the pictures of all ranks as one batch.",
    };

    public OptimizationOptions()
    {
        _gradCompression.AcceptOnlyFromAmong("none", "fp16", "bf16");
        _precision.AcceptOnlyFromAmong("fp32", "bf16", "fp16");
        _opt.AcceptOnlyFromAmong("adamw", "muon");
        _scheduler.AcceptOnlyFromAmong("cosine", "const", "const-cooldown");
    }

    public IEnumerable<Option> All =>
    [
        Epochs, _batchSize, _lr, _warmup, _opt, _wd, _beta1, _beta2, _eps, _clip, _precision, _tf32, _device, _modelEma, _modelEmaDecay,
        _maxSteps, _maxMinutes,
        _accumFreq, _gradCheckpointing, _scheduler, _cooldownEpochs, _cooldownEnd, _cooldownPower, _layerDecay,
    ];

    /// <summary>Those of a run that several ranks share.</summary>
    public IEnumerable<Option> OverRanks => [_localLoss, _gradCompression, _useBnSync];

    public TrainingOptions Parse(ParseResult parsed) => new()
    {
        Epochs = parsed.GetValue(Epochs),
        BatchSize = parsed.GetValue(_batchSize),
        LearningRate = parsed.GetValue(_lr),
        Warmup = parsed.GetValue(_warmup),
        Algorithm = Enum.Parse<OptimizerAlgorithm>(parsed.GetValue(_opt)!, ignoreCase: true),
        Optimizer = new AdamWOptions(parsed.GetValue(_beta1), parsed.GetValue(_beta2), parsed.GetValue(_eps), parsed.GetValue(_wd)),
        GradClipNorm = parsed.GetValue(_clip),
        ModelEmaDecay = parsed.GetValue(_modelEma) ? parsed.GetValue(_modelEmaDecay) : null,
        MaxSteps = parsed.GetValue(_maxSteps),
        MaxMinutes = parsed.GetValue(_maxMinutes),
        AccumFrequency = Parts(parsed),
        GradCheckpointing = parsed.GetValue(_gradCheckpointing),
        Scheduler = Scheduler(parsed),
        Cooldown = Cooldown(parsed),
        LayerDecay = parsed.GetValue(_layerDecay),
        Precision = Enum.Parse<TrainingPrecision>(parsed.GetValue(_precision)!, ignoreCase: true),
        Tf32 = parsed.GetValue(_tf32),
        Device = parsed.GetValue(_device)!,
        LocalLoss = parsed.GetValue(_localLoss),
        GradientCompression = parsed.GetValue(_gradCompression) switch
        {
            "fp16" => GradientCompression.Float16,
            "bf16" => GradientCompression.BFloat16,
            _ => GradientCompression.None,
        },
        SynchronizedBatchNorm = parsed.GetValue(_useBnSync),
    };

    private LearningRateScheduler Scheduler(ParseResult parsed) => parsed.GetValue(_scheduler) switch
    {
        "const" => LearningRateScheduler.Const,
        "const-cooldown" when parsed.GetValue(_cooldownEpochs) is null =>
            throw new ClipException("--lr-scheduler const-cooldown needs --epochs-cooldown: how many of the last epochs it takes."),
        "const-cooldown" => LearningRateScheduler.ConstCooldown,
        _ => LearningRateScheduler.Cosine,
    };

    private Cooldown? Cooldown(ParseResult parsed)
    {
        if (parsed.GetValue(_cooldownEpochs) is not { } cooldown) return null;
        return parsed.GetValue(_maxSteps) is null && cooldown > parsed.GetValue(Epochs)
            ? throw new ClipException(
                FormattableString.Invariant($"--epochs-cooldown {cooldown} is more than the {parsed.GetValue(Epochs)} epochs of the run; ")
                + "give fewer.")
            : new Cooldown(cooldown, parsed.GetValue(_cooldownEnd), parsed.GetValue(_cooldownPower));
    }

    private int Parts(ParseResult parsed)
    {
        const long most = 1 << 24;
        var (size, parts) = (parsed.GetValue(_batchSize), parsed.GetValue(_accumFreq));
        return (long)size * parts <= most ? parts : throw new ClipException(
            $"--accum-freq {parts} of --batch-size {size} are {(long)size * parts} pairs a step, and {most} are the most; give fewer.");
    }
}
