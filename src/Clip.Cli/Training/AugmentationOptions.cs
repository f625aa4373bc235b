using System.CommandLine;
using Clip.Trainer.Data;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> does to training images.</summary>
internal sealed class AugmentationOptions
{
    private readonly Option<double> _scale = Number(
        "--aug-scale", "Smallest share of an image's area a training crop shows.", new RandomResizedCrop().MinScale);
    private readonly Option<string?> _background = new("--aug-background")
    {
        Description = "What transparent images lie on: none drops their alpha; random, for training only; or white, black, #rrggbb. "
            + "Without it what the folder of --pretrained says, else none.",
    };

    private readonly Option<double> _flip = Number("--aug-flip", "Chance of mirroring an image.");
    private readonly Option<double> _rotate = Number("--aug-rotate", "Most degrees an image is rotated, either way.");
    private readonly Option<double> _translate = Number("--aug-translate", "Largest share of its size an image is moved, 0 to 1.");
    private readonly Option<double> _zoom = Number("--aug-zoom", "How far an image's size varies, 0 to 0.9.");
    private readonly Option<double> _jitter = Number("--aug-color-jitter", "How far brightness, contrast and saturation vary, 0 to 1.");
    private readonly Option<double> _hue = Number("--aug-hue", "How far hues are turned, in turns of the colour circle, 0 to 0.5.");
    private readonly Option<double> _gray = Number("--aug-grayscale", "Chance of losing all colour.");
    private readonly Option<double> _blur = Number("--aug-blur", "Chance of a Gaussian blur.");

    public IEnumerable<Option> All => [_scale, _background, _flip, _rotate, _translate, _zoom, _jitter, _hue, _gray, _blur];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options)
    {
        // What is not given is the objective's own choice.
        var usual = options.Training.Objective == ObjectiveKind.ConVirt ? Augmentation.ConVirt : new Augmentation();
        var augmentation = new Augmentation
        {
            Crop = new RandomResizedCrop(Share(Given(_scale) ? parsed.GetValue(_scale) : usual.Crop.MinScale)),
            Background = parsed.GetValue(_background) is { } background ? Background.Parse(background) : null,
            DropsAlpha = parsed.GetValue(_background) == "none",
            FlipChance = Within(_flip, 1, usual.FlipChance),
            Rotation = Within(_rotate, 180, usual.Rotation),
            Translation = Within(_translate, 1, usual.Translation),
            Zoom = Within(_zoom, 0.9, usual.Zoom),
            ColorJitter = Within(_jitter, 1, usual.ColorJitter),
            Hue = Within(_hue, 0.5, usual.Hue),
            GrayscaleChance = Within(_gray, 1, usual.GrayscaleChance),
            BlurChance = Within(_blur, 1, usual.BlurChance),
        };
        return options with { Training = options.Training with { Augmentation = augmentation } };

        bool Given(Option<double> option) => parsed.GetResult(option) is { Implicit: false };

        double Within(Option<double> option, double most, double otherwise) => !Given(option)
            ? otherwise
            : parsed.GetValue(option) is >= 0 and var value && value <= most
            ? value
            : throw new ClipException(
                FormattableString.Invariant($"{option.Name} {parsed.GetValue(option)} is out of range; give a number from 0 to {most}."));
    }

    private static Option<double> Number(string name, string description, double by = 0) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => by,
    };

    private static double Share(double scale) =>
        scale is > 0 and <= 1
            ? scale
            : throw new ClipException(
                FormattableString.Invariant($"--aug-scale {scale} is not a share of an image; give a number above 0, at most 1."));
}
