using System.Text.RegularExpressions;

namespace Clip.Cli.Options;

/// <summary>
/// The flags of the libraries' settings. The libraries know no command line: their sentences name a setting by its property, in
/// backquotes, as <c>`BatchSize`</c>, and where its value matters that too, as <c>`Quotes=false`</c>; whoever sits at a terminal reads
/// <c>--batch-size</c>.
/// </summary>
internal static partial class Flags
{
    /// <summary>Settings, as paths of properties from an options type, and what is written for them on the command line.</summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        // TrainingOptions.
        ["Objective"] = "--objective",
        ["BatchSize"] = "--batch-size",
        ["AccumFrequency"] = "--accum-freq",
        ["GradCheckpointing"] = "--grad-checkpointing",
        ["Epochs"] = "--epochs",
        ["MaxSteps"] = "--max-steps",
        ["MaxMinutes"] = "--max-minutes",
        ["LearningRate"] = "--lr",
        ["Warmup"] = "--warmup",
        ["Scheduler"] = "--lr-scheduler",
        ["Cooldown.Epochs"] = "--epochs-cooldown",
        ["Cooldown.End"] = "--lr-cooldown-end",
        ["Cooldown.Power"] = "--lr-cooldown-power",
        ["LayerDecay"] = "--layer-decay",
        ["Algorithm"] = "--opt",
        ["Optimizer.WeightDecay"] = "--wd",
        ["Optimizer.Beta1"] = "--beta1",
        ["Optimizer.Beta2"] = "--beta2",
        ["Optimizer.Epsilon"] = "--eps",
        ["GradClipNorm"] = "--grad-clip-norm",
        ["ModelEmaDecay"] = "--model-ema-decay",
        ["Precision"] = "--precision",
        ["Tf32"] = "--tf32",
        ["Device"] = "--device",
        ["LocalLoss"] = "--local-loss",
        ["GradientCompression"] = "--grad-compression",
        ["SynchronizedBatchNorm"] = "--use-bn-sync",
        ["Seed"] = "--seed",
        ["SaveFrequency"] = "--save-frequency",
        ["SaveSteps"] = "--save-steps",
        ["FineTuning.Pretrained"] = "--pretrained",
        ["FineTuning.LockImage"] = "--lock-image",
        ["FineTuning.LockImageUnlockedGroups"] = "--lock-image-unlocked-groups",
        ["FineTuning.LockText"] = "--lock-text",
        ["FineTuning.LockTextUnlockedLayers"] = "--lock-text-unlocked-layers",
        ["FineTuning.LoraRank"] = "--lora-rank",
        ["FineTuning.LoraAlpha"] = "--lora-alpha",
        ["Augmentation.Crop.MinScale"] = "--aug-scale",
        ["Augmentation.Background"] = "--aug-background",
        ["Augmentation.FlipChance"] = "--aug-flip",
        ["Augmentation.Rotation"] = "--aug-rotate",
        ["Augmentation.Translation"] = "--aug-translate",
        ["Augmentation.Zoom"] = "--aug-zoom",
        ["Augmentation.ColorJitter"] = "--aug-color-jitter",
        ["Augmentation.Hue"] = "--aug-hue",
        ["Augmentation.GrayscaleChance"] = "--aug-grayscale",
        ["Augmentation.BlurChance"] = "--aug-blur",
        ["Augmentation.OutlineChance"] = "--aug-outlines",
        ["Captions.FirstChance"] = "--caption-first",
        ["Captions.JoinChance"] = "--caption-join",
        ["Captions.ShuffleChance"] = "--caption-shuffle",
        ["Captions.WordDropout"] = "--caption-dropout",
        ["LabelSmoothing"] = "--label-smoothing",
        ["MaxLogitScale"] = "--max-logit-scale",

        // A run's: the estimator's Options, and what TrainingRunOptions is made of.
        ["Model"] = "--model",
        ["ModelFolder"] = "--output",
        ["Resume"] = "--resume latest",
        ["Tokenizer"] = "--tokenizer",
        ["VocabSize"] = "--vocab-size",
        ["WordVectors"] = "--word-vectors",
        ["BestMetric"] = "--best-metric",
        ["MaxBadPercent"] = "--max-bad",

        // Data sources': RecordSourceOptions, and CaptionTableOptions by its name, for both have an ImageKey.
        ["UpsamplingFactors"] = "--train-data-upsampling-factors",
        ["ImageKey"] = "--image-key",
        ["CaptionKeys"] = "--caption-key",
        ["ImageEndings"] = "--image-ending",
        ["CaptionEndings"] = "--caption-ending",
        ["Pipes"] = "--shard-pipes",
        ["CaptionTableOptions.ImageKey"] = "--csv-img-key",
        ["CaptionTableOptions.CaptionKeys"] = "--csv-caption-key",
        ["CaptionTableOptions.Separator"] = "--csv-separator",
        ["CaptionTableOptions.Encoding"] = "--csv-encoding",
        ["CaptionTableOptions.Quotes=false"] = "--csv-quoting none",

        // ClipHubOptions, and the models it knows.
        ["ClipHubOptions.AllowHttp"] = "--allow-http",
        ["ClipHub.KnownModels"] = "clip pull --list",

        // ConversionOptions.
        ["Output"] = "--output",
        ["Config"] = "--config",
        ["VisionHeads"] = "--vision-heads",
        ["TextHeads"] = "--text-heads",
        ["ImageSize"] = "--image-size",
        ["Activation=QuickGelu"] = "--quick-gelu",
        ["Activation=Gelu"] = "--gelu",
    };

    /// <summary>A sentence of a library's with the flags in place of the settings that it names.</summary>
    public static string In(string sentence) =>
        Setting().Replace(sentence, match => Settings.GetValueOrDefault(match.Groups["name"].Value, match.Value));

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z0-9.=]*)`")]
    internal static partial Regex Setting();
}
