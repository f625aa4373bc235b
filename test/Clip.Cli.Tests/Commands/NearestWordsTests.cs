using Clip.Cli.Options;

namespace Clip.Cli.Tests.Commands;

/// <summary>What was meant by a mistyped option or command.</summary>
public sealed class NearestWordsTests
{
    private static readonly string[] Known =
        ["classify", "convert", "--labels", "--templates", "--top", "--epochs", "--epochs-cooldown", "--help"];

    [Theory]
    [InlineData("clasify", "classify")] // a letter left out
    [InlineData("--lables", "--labels")] // two exchanged
    [InlineData("--tpo", "--top")]
    [InlineData("-top", "--top")] // one hyphen
    [InlineData("--Epochs", "--epochs")]
    [InlineData("--epochss", "--epochs")] // one too many
    [InlineData("--epoch", "--epochs")] // one too few goes before a beginning
    [InlineData("--temp", "--templates")] // a beginning
    [InlineData("con", "convert")]
    [InlineData("help", "--help")]
    [InlineData("--colors", "")]
    [InlineData("x", "")]
    public void TheNearestIsMeantAndNothingWhereNoneIsNear(string word, string expected) =>
        Assert.Equal(expected, string.Join(' ', NearestWords.Of(word, Known)));
}
