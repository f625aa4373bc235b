using Clip.Cli.Options;

namespace Clip.Cli.Tests.Options;

/// <summary>What is wrong with a command's words, told on one line.</summary>
public sealed class OptionErrorsTests
{
    [Theory]
    [InlineData("classify a.png --labels cat dog --tpo 3", "Unrecognized option '--tpo'. Did you mean --top? See 'clip classify --help'.")]
    [InlineData("classify a.png --labels a b --tpo=3", "Unrecognized option '--tpo=3'. Did you mean --top? See 'clip classify --help'.")]
    [InlineData("classify a.png --labels cat dog -x", "Unrecognized option '-x'. See 'clip classify --help'.")]
    [InlineData("classify a.png -x --labels cat dog", "Unrecognized option '-x'. See 'clip classify --help'.")] // among pictures
    [InlineData("classify a.png --model --labels cat dog", "--model needs a value before '--labels'. See 'clip classify --help'.")]
    [InlineData(
        "tokenizer train --train-data --vocab-size 300 --output o",
        "--train-data needs a value before '--vocab-size'. See 'clip tokenizer train --help'.")]
    [InlineData(
        "classify a.png --labels cat --model --lables",
        "Unrecognized option '--lables'. Did you mean --labels? See 'clip classify --help'.")]
    [InlineData("inspect a.pt b.pt", "Unrecognized command or argument 'b.pt'. See 'clip inspect --help'.")]
    [InlineData("evaluate compare a.json", "Required argument missing for command: 'compare'. See 'clip evaluate compare --help'.")]
    [InlineData("evalute", "Unrecognized command or argument 'evalute'. Did you mean evaluate? See 'clip --help'.")]
    [InlineData("quickstart-us", "Unrecognized command or argument 'quickstart-us'. Did you mean quickstart? See 'clip --help'.")]
    [InlineData("quickstart --picture 4", "Unrecognized option '--picture'. See 'clip quickstart --help'.")] // hidden ones are not told
    [InlineData("inspect a.pt --hepl", "Unrecognized option '--hepl'. Did you mean --help? See 'clip inspect --help'.")]
    [InlineData("classify a.png", "Option '--labels' is required. See 'clip classify --help'.")]
    [InlineData(
        "convert a.pt --output b --gelu --quick-gelu", "--quick-gelu and --gelu exclude each other; give one. See 'clip convert --help'.")]
    [InlineData("classify a --labels a b --csv --json", "--json and --csv exclude each other; give one. See 'clip classify --help'.")]
    [InlineData("pull", "Give the name of a model, or --list to see those that have a short one. See 'clip pull --help'.")]
    [InlineData(
        "experiment efficiency --data d --output o --images-seen 5 --epochs 2",
        "--images-seen and --epochs both say how long to train; give one of them. See 'clip experiment efficiency --help'.")]
    [InlineData(
        "experiment efficiency --data d --output o --gflops 5 --epochs 2",
        "--gflops says how long to train, as --images-seen and --epochs do; give one of them. See 'clip experiment efficiency --help'.")]
    [InlineData(
        "experiment efficiency --data d --output o --gflops 5 --images-seen 2",
        "--gflops says how long to train, as --images-seen and --epochs do; give one of them. See 'clip experiment efficiency --help'.")]
    [InlineData(
        "completion tcsh", "Argument 'tcsh' not recognized. Must be one of: 'bash', 'zsh', 'fish'. See 'clip completion --help'.")]
    [InlineData(
        "duplicates x --min-score 0,9",
        "--min-score must be a number above 0, at most 1, and is '0,9'; write a point before decimals, and nothing between thousands. "
        + "See 'clip duplicates --help'.")]
    public void AMistakeIsToldWithWhatMayHaveBeenMeantAndWhereTheHelpIs(string line, string sentence) =>
        Assert.Equal(sentence, Sentence(line));

    [Theory]
    [InlineData("classify a.png --labels cat dog")]
    [InlineData("classify --help")]
    [InlineData("classify --labls --help")] // help is given whatever stands beside it
    [InlineData("--version")]
    [InlineData("inspect -- --odd.pt")]
    [InlineData("classify a.png --labels cat dog -- -3.png")]
    [InlineData("pull --list")]
    [InlineData("data split t.tsv --seed -5 --output o")]
    [InlineData("experiment efficiency --data d --output o --gflops 5")]
    [InlineData("evaluate --list")]
    public void WhatIsRightIsNotQuestioned(string line) => Assert.Null(Sentence(line));

    [Fact]
    public async Task AMistakeIsExitCodeOneAndOnTheErrorStream()
    {
        using var printed = new PrintedHere();

        Assert.Equal(1, await CommandLine.RunAsync(["evalute"]));

        Assert.Equal(
            ("", "clip: Unrecognized command or argument 'evalute'. Did you mean evaluate? See 'clip --help'.\n"),
            (printed.Output, printed.Error));
    }

    private static string? Sentence(string line) => OptionErrors.Sentence(CommandLine.Root().Parse(line.Split(' ')));
}
