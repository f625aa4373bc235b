using System.CommandLine;
using Clip.Trainer.Data;
using Clip.Trainer.Training;

namespace Clip.Trainer.Commands.Train;

/// <summary>What <c>clip train</c> does to training images.</summary>
internal sealed class AugmentationOptions
{
    private readonly Option<double> _scale = new("--aug-scale") { Description = "Smallest share of an image's area a training crop shows.", DefaultValueFactory = _ => new RandomResizedCrop().MinScale };
    private readonly Option<double> _flip = new("--aug-flip") { Description = "Chance of mirroring an image.", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _jitter = new("--aug-color-jitter") { Description = "How far brightness, contrast and saturation vary, 0 to 1.", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _gray = new("--aug-grayscale") { Description = "Chance of losing all colour.", DefaultValueFactory = _ => 0 };

    public IEnumerable<Option> All => [_scale, _flip, _jitter, _gray];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Training = options.Training with
        {
            Augmentation = new Augmentation
            {
                Crop = new RandomResizedCrop(Share(parsed.GetValue(_scale))),
                FlipChance = parsed.GetValue(_flip),
                ColorJitter = parsed.GetValue(_jitter),
                GrayscaleChance = parsed.GetValue(_gray),
            },
        },
    };

    private static double Share(double scale) =>
        scale is > 0 and <= 1 ? scale : throw new ClipException(FormattableString.Invariant($"--aug-scale {scale} is not a share of an image; give a number above 0, at most 1."));
}
