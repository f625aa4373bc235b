using System.CommandLine;
using Clip.Data;
using Clip.Trainer.Objectives;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> does to training images.</summary>
internal sealed class AugmentationOptions
{
    private readonly Option<double> _scale = Number(
        "--aug-scale", "Smallest share of a picture's area that a training crop shows.", new RandomResizedCrop().MinScale);
    private readonly Option<string?> _background = new("--aug-background")
    {
        Description = "What transparent pictures lie on: none drops alpha, as CLIP does; random is a color for each sample; "
            + "white, black or #rrggbb is written to the model folder, and inference uses it too. "
            + "Without it what the folder of --pretrained says, else none.",
    };

    private readonly Option<double> _flip = Number(
        "--aug-flip", "Chance of mirroring a picture left to right; leave it 0 where captions tell left from right.");

    private readonly Option<double> _rotate = Number("--aug-rotate", "Most degrees that a picture is rotated, either way.");
    private readonly Option<double> _translate = Number(
        "--aug-translate", "Largest share of its size that a picture is moved on each axis.");

    private readonly Option<double> _zoom = Number("--aug-zoom", "A picture's size changes by a factor between 1 - this and 1 + this.");
    private readonly Option<double> _jitter = Number(
        "--aug-color-jitter", "Brightness, contrast and saturation each change by a factor between 1 - this and 1 + this.");

    private readonly Option<double> _hue = Number(
        "--aug-hue", "Hues turn by up to this share of the color circle, either way; 0.5 reaches the complements.");

    private readonly Option<double> _gray = Number("--aug-grayscale", "Chance of losing all color.");
    private readonly Option<double> _blur = Number(
        "--aug-blur", "Chance of a Gaussian blur of 0.1 to 2 pixels at size 224, in proportion at other sizes.");

    private readonly Option<double> _outlines = Number(
        "--aug-outlines", "Chance of becoming a drawing in line: dark where color changes, and paler in between.");

    public IEnumerable<Option> All =>
        [_scale, _background, _flip, _rotate, _translate, _zoom, _outlines, _jitter, _hue, _gray, _blur];

    /// <param name="parsed">The command line.</param>
    /// <param name="objective">What is trained, whose own choice stands for what is not given.</param>
    public Augmentation Parse(ParseResult parsed, ObjectiveKind objective)
    {
        var usual = objective == ObjectiveKind.ConVirt ? Augmentation.ConVirt : new Augmentation();
        return new Augmentation
        {
            Crop = new RandomResizedCrop(Value(_scale, usual.Crop.MinScale)),
            Background = parsed.GetValue(_background) is { } background ? Background.Parse(background) : null,
            DropsAlpha = parsed.GetValue(_background) == "none",
            FlipChance = Value(_flip, usual.FlipChance),
            Rotation = Value(_rotate, usual.Rotation),
            Translation = Value(_translate, usual.Translation),
            Zoom = Value(_zoom, usual.Zoom),
            OutlineChance = Value(_outlines, usual.OutlineChance),
            ColorJitter = Value(_jitter, usual.ColorJitter),
            Hue = Value(_hue, usual.Hue),
            GrayscaleChance = Value(_gray, usual.GrayscaleChance),
            BlurChance = Value(_blur, usual.BlurChance),
        };

        double Value(Option<double> option, double otherwise) =>
            parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : otherwise;
    }

    private static Option<double> Number(string name, string description, double by = 0) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => by,
    };
}
