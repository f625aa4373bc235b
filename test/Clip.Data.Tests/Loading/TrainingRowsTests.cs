using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Data.Tests.Loading;

/// <summary>Texts of a batch as rows of one length, and what stands where they have no tokens.</summary>
public sealed class TrainingRowsTests : IDisposable
{
    private readonly LoaderRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private static int[][] Texts => [[5, 6, 7, 8], [5, 9], [4, 4, 3]];

    [Fact]
    public void ABatchIsAsLongAsItsLongestText() => Rows(
        new TextPadding { Id = 1 }, 4, [5, 6, 7, 8, 5, 9, 1, 1, 4, 4, 3, 1]);

    [Fact]
    public void PaddingMayStandBefore() => Rows(
        new TextPadding { Id = 1, IsLeft = true }, 4, [5, 6, 7, 8, 1, 1, 5, 9, 1, 4, 4, 3]);

    [Fact]
    public void PaddingMayFillTheContext() => Rows(
        new TextPadding { Id = 1, ToContext = true }, 6, [5, 6, 7, 8, 1, 1, 5, 9, 1, 1, 1, 1, 4, 4, 3, 1, 1, 1]);

    /// <summary>What a mask hides is told apart from the same id in a text: −1 − id.</summary>
    [Fact]
    public void HiddenPaddingIsAComplement()
    {
        Rows(
            new TextPadding { Id = 4, IsHidden = true }, 4, [5, 6, 7, 8, 5, 9, -5, -5, 4, 4, 3, -5],
            rows => rows with { TakesMask = true });
        Rows(
            new TextPadding { Id = 4, IsHidden = true, IsLeft = true }, 4, [5, 6, 7, 8, -5, -5, 5, 9, -5, 4, 4, 3],
            rows => rows with { TakesMask = true });
        // Padding that is part of the input is attended to.
        Rows(
            new TextPadding { Id = 4, ToContext = true }, 6, [5, 6, 7, 8, 4, 4, 5, 9, 4, 4, 4, 4, 4, 4, 3, 4, 4, 4],
            rows => rows with { TakesMask = true });
    }

    /// <summary>Neither a first end of text nor a first largest id is read there.</summary>
    [Fact]
    public void WhereNothingHidesPaddingATextsLastIdGoesOn()
    {
        Rows(new TextPadding { Id = 1, IsHidden = true }, 4, [5, 6, 7, 8, 5, 9, 9, 9, 4, 4, 3, 3]);

        var rows = _rig.Texts with { Padding = new TextPadding { Id = 1, IsHidden = true } };
        Assert.Equal([5, 6, 1, 1], TrainingRows.Of(rows, [[5, 6], []], out _));
        Assert.Equal([1], TrainingRows.Of(rows, [[]], out var length));
        Assert.Equal(1, length);
    }

    [Fact]
    public void ATowerOfAFixedLengthGetsRowsOfIt() => Rows(
        new TextPadding { Id = 1, IsHidden = true }, 6, [5, 6, 7, 8, 1, 1, 5, 9, 1, 1, 1, 1, 4, 4, 3, 1, 1, 1],
        rows => rows with { HasFixedLength = true });

    /// <summary>Made once, and each text has its own.</summary>
    [Fact]
    public void TheSameCaptionHasTheSameIds()
    {
        var tokens = new CaptionTokens(_rig.Texts);
        var tokenizer = ClipTokenizer.Create(_rig.Folder.Path);
        var (red, blue) = (tokens.Of("a red thing"), tokens.Of("a blue thing"));

        Assert.Equal(tokenizer.Encode("a red thing", 16), red);
        Assert.Equal(tokenizer.Encode("a blue thing", 16), blue);
        Assert.Same(red, tokens.Of(new string("a red thing".AsSpan())));
        Assert.Equal(TinyVocabulary.EndOfText, red[^1]);
    }

    private void Rows(TextPadding padding, int length, long[] expected, Func<TokenRows, TokenRows>? change = null)
    {
        var rows = _rig.Texts with { ContextLength = 6, Padding = padding };

        Assert.Equal(expected, TrainingRows.Of(change?.Invoke(rows) ?? rows, Texts, out var found));
        Assert.Equal(length, found);
    }
}
