using System.CommandLine;
using Clip.Trainer.Data;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Spectre.Console;

namespace Clip.Trainer.Commands;

/// <summary><c>clip train</c>: a table of captioned images in, a model folder out. Options are named as open_clip's.</summary>
internal static class TrainCommand
{
    private static readonly TrainingOptions Defaults = new();

    public static Command Create()
    {
        var trainData = new Option<string>("--train-data") { Description = "Table of image paths and captions to train on.", Required = true };
        var valData = new Option<string?>("--val-data") { Description = "Table to validate on after each epoch." };
        var model = new Option<string>("--model") { Description = "A config.json, a model folder, or the name of a config that comes with the program.", Required = true };
        var output = new Option<string>("--output") { Description = "The model folder to write; OUTPUT.run holds checkpoints.", Required = true };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "Folder of a CLIP tokenizer; without it a vocabulary is learned from the captions." };
        var vocabSize = new Option<int>("--vocab-size") { Description = "Entries of a learned vocabulary.", DefaultValueFactory = _ => 8192 };
        var table = new TableOptions();
        var epochs = new Option<int>("--epochs") { Description = "Passes over the data.", DefaultValueFactory = _ => Defaults.Epochs };
        var batchSize = new Option<int>("--batch-size") { Description = "Pairs a step.", DefaultValueFactory = _ => Defaults.BatchSize };
        var lr = new Option<double>("--lr") { Description = "Peak learning rate.", DefaultValueFactory = _ => Defaults.LearningRate };
        var warmup = new Option<long>("--warmup") { Description = "Steps of linear warm-up; a cosine follows.", DefaultValueFactory = _ => Defaults.Warmup };
        var wd = new Option<double>("--wd") { Description = "Weight decay of matrices.", DefaultValueFactory = _ => Defaults.Optimizer.WeightDecay };
        var beta1 = new Option<double>("--beta1") { Description = "AdamW's first beta.", DefaultValueFactory = _ => Defaults.Optimizer.Beta1 };
        var beta2 = new Option<double>("--beta2") { Description = "AdamW's second beta.", DefaultValueFactory = _ => Defaults.Optimizer.Beta2 };
        var eps = new Option<double>("--eps") { Description = "AdamW's epsilon.", DefaultValueFactory = _ => Defaults.Optimizer.Epsilon };
        var clip = new Option<double?>("--grad-clip-norm") { Description = "The most the gradients' norm may be." };
        var precision = new Option<string>("--precision") { Description = "fp32, or bf16 for matrix products in bfloat16.", DefaultValueFactory = _ => "fp32" };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        var seed = new Option<long>("--seed") { Description = "Decides starting weights, order, crops and captions.", DefaultValueFactory = _ => Defaults.Seed };
        var scale = new Option<double>("--aug-scale") { Description = "Smallest share of an image's area a training crop shows.", DefaultValueFactory = _ => new RandomResizedCrop().MinScale };
        var flip = new Option<double>("--aug-flip") { Description = "Chance of mirroring an image.", DefaultValueFactory = _ => 0 };
        var jitter = new Option<double>("--aug-color-jitter") { Description = "How far brightness, contrast and saturation vary, 0 to 1.", DefaultValueFactory = _ => 0 };
        var gray = new Option<double>("--aug-grayscale") { Description = "Chance of losing all colour.", DefaultValueFactory = _ => 0 };
        var saveFrequency = new Option<int>("--save-frequency") { Description = "Epochs between checkpoints.", DefaultValueFactory = _ => Defaults.SaveFrequency };
        var resume = new Option<string?>("--resume") { Description = "'latest', or a checkpoint file of this run." };
        batchSize.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "1" }]) result.AddError("--batch-size must be at least 2: each picture is told from the others of its batch.");
        });
        CommandLine.RequirePositive(vocabSize, epochs, batchSize, saveFrequency, lr);

        var command = new Command("train", "Trains a CLIP model from scratch and writes a model folder.")
        {
            trainData, valData, model, output, epochs, batchSize, lr, warmup, wd, beta1, beta2, eps, clip, precision, seed, scale, flip, jitter, gray,
            tokenizer, vocabSize, table.Separator, table.ImageKey, table.CaptionKeys, saveFrequency, resume,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new TrainingRunOptions
            {
                TrainData = parsed.GetValue(trainData)!,
                ValidationData = parsed.GetValue(valData),
                Table = table.Parse(parsed),
                Model = parsed.GetValue(model)!,
                Output = parsed.GetValue(output)!,
                Tokenizer = parsed.GetValue(tokenizer),
                VocabSize = parsed.GetValue(vocabSize),
                Resume = parsed.GetValue(resume),
                Training = new TrainingOptions
                {
                    Epochs = parsed.GetValue(epochs),
                    BatchSize = parsed.GetValue(batchSize),
                    LearningRate = parsed.GetValue(lr),
                    Warmup = parsed.GetValue(warmup),
                    Optimizer = new AdamWOptions(parsed.GetValue(beta1), parsed.GetValue(beta2), parsed.GetValue(eps), parsed.GetValue(wd)),
                    GradClipNorm = parsed.GetValue(clip),
                    Bfloat16 = parsed.GetValue(precision) == "bf16",
                    Seed = parsed.GetValue(seed),
                    Augmentation = new Augmentation
                    {
                        Crop = new RandomResizedCrop(Share(parsed.GetValue(scale))),
                        FlipChance = parsed.GetValue(flip),
                        ColorJitter = parsed.GetValue(jitter),
                        GrayscaleChance = parsed.GetValue(gray),
                    },
                    SaveFrequency = parsed.GetValue(saveFrequency),
                },
            };
            await RunAsync(options, cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    /// <summary>Runs a training with the console's display.</summary>
    internal static Task<bool> RunAsync(TrainingRunOptions options, CancellationToken cancellation)
    {
        var display = new TrainingDisplay(AnsiConsole.Console, TimeProvider.System);
        var run = new TrainingRun(options, AnsiConsole.Console.WriteLine);
        return run.RunAsync(display.ShowAsync, display.Step, display.Epoch, cancellation);
    }

    private static double Share(double scale) =>
        scale is > 0 and <= 1 ? scale : throw new ClipException(FormattableString.Invariant($"--aug-scale {scale} is not a share of an image; give a number above 0, at most 1."));
}
