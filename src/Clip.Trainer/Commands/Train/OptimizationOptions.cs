using System.CommandLine;
using Clip.Trainer.Training;

namespace Clip.Trainer.Commands.Train;

/// <summary>How <c>clip train</c> steps: batch, schedule, optimizer, precision. Options are named as open_clip's.</summary>
internal sealed class OptimizationOptions
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<int> _epochs = new("--epochs") { Description = "Passes over the data.", DefaultValueFactory = _ => Defaults.Epochs };
    private readonly Option<int> _batchSize = new("--batch-size") { Description = "Pairs a step.", DefaultValueFactory = _ => Defaults.BatchSize };
    private readonly Option<double> _lr = new("--lr") { Description = "Peak learning rate.", DefaultValueFactory = _ => Defaults.LearningRate };
    private readonly Option<long> _warmup = new("--warmup") { Description = "Steps of linear warm-up; a cosine follows.", DefaultValueFactory = _ => Defaults.Warmup };
    private readonly Option<double> _wd = new("--wd") { Description = "Weight decay of matrices.", DefaultValueFactory = _ => Defaults.Optimizer.WeightDecay };
    private readonly Option<double> _beta1 = new("--beta1") { Description = "AdamW's first beta.", DefaultValueFactory = _ => Defaults.Optimizer.Beta1 };
    private readonly Option<double> _beta2 = new("--beta2") { Description = "AdamW's second beta.", DefaultValueFactory = _ => Defaults.Optimizer.Beta2 };
    private readonly Option<double> _eps = new("--eps") { Description = "AdamW's epsilon.", DefaultValueFactory = _ => Defaults.Optimizer.Epsilon };
    private readonly Option<double?> _clip = new("--grad-clip-norm") { Description = "The most the gradients' norm may be." };
    private readonly Option<string> _precision = new("--precision") { Description = "fp32, or bf16 for matrix products in bfloat16.", DefaultValueFactory = _ => "fp32" };

    private readonly Option<bool> _modelEma = new("--model-ema") { Description = "Keep a running average of the weights, and validate and export it." };
    private readonly Option<double> _modelEmaDecay = new("--model-ema-decay") { Description = "The share that average keeps at each step.", DefaultValueFactory = _ => 0.9998 };

    public OptimizationOptions()
    {
        _precision.AcceptOnlyFromAmong("fp32", "bf16");
        _batchSize.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "1" }]) result.AddError("--batch-size must be at least 2: each picture is told from the others of its batch.");
        });
        CommandLine.RequirePositive(_epochs, _batchSize, _lr);
    }

    public IEnumerable<Option> All => [_epochs, _batchSize, _lr, _warmup, _wd, _beta1, _beta2, _eps, _clip, _precision, _modelEma, _modelEmaDecay];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Training = options.Training with
        {
            Epochs = parsed.GetValue(_epochs),
            BatchSize = parsed.GetValue(_batchSize),
            LearningRate = parsed.GetValue(_lr),
            Warmup = parsed.GetValue(_warmup),
            Optimizer = new AdamWOptions(parsed.GetValue(_beta1), parsed.GetValue(_beta2), parsed.GetValue(_eps), parsed.GetValue(_wd)),
            GradClipNorm = parsed.GetValue(_clip),
            ModelEmaDecay = parsed.GetValue(_modelEma) ? parsed.GetValue(_modelEmaDecay) : null,
            Bfloat16 = parsed.GetValue(_precision) == "bf16",
        },
    };
}
