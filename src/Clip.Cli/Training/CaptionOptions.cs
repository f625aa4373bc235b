using System.CommandLine;
using Clip.Data;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> does to training captions.</summary>
internal sealed class CaptionOptions
{
    private readonly Option<double> _first = Chance(
        "--caption-first", "Chance that the first of a picture's captions is shown; else any of them is drawn.");

    private readonly Option<double> _join = Chance(
        "--caption-join", "Chance that all of a picture's captions are shown as one, in a random order.");

    private readonly Option<double> _shuffle = Chance("--caption-shuffle", "Chance that a caption's words come in a random order.");
    private readonly Option<double> _dropout = Chance("--caption-dropout", "Chance of each of a caption's words to be left out.");

    public IEnumerable<Option> All => [_first, _join, _shuffle, _dropout];

    public CaptionAugmentation Parse(ParseResult parsed) => new()
    {
        FirstChance = parsed.GetValue(_first),
        JoinChance = parsed.GetValue(_join),
        ShuffleChance = parsed.GetValue(_shuffle),
        WordDropout = parsed.GetValue(_dropout),
    };

    private static Option<double> Chance(string name, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => 0,
    };
}
