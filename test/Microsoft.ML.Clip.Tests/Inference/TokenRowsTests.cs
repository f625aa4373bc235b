using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Texts as rows of one length: what fills them up, on which side, and whether the tower is told.</summary>
public sealed class TokenRowsTests
{
    [Theory]
    [InlineData(false, "5 6 9 9")]
    [InlineData(true, "9 9 5 6")]
    public void ATextIsFilledUpOnTheSideOfItsPadding(bool isLeft, string expected)
    {
        var row = new long[4];

        Rows(new() { Id = 9, IsLeft = isLeft }).FillIds([5, 6], row);

        Assert.Equal(expected, string.Join(' ', row));
    }

    [Theory]
    [InlineData(false, false, false, "1 1 0 0")]
    [InlineData(true, false, false, "0 0 1 1")]
    [InlineData(false, true, false, "1 1 1 1")]
    [InlineData(true, true, false, "1 1 1 1")]
    [InlineData(false, true, true, "1 1 0 0")]
    [InlineData(true, true, true, "0 0 1 1")]
    [InlineData(false, false, true, "1 1 0 0")]
    public void PaddingIsMaskedUnlessItIsPartOfTheInput(bool isLeft, bool toContext, bool isHidden, string expected)
    {
        long[] row = [7, 7, 7, 7];

        Rows(new() { IsLeft = isLeft, ToContext = toContext, IsHidden = isHidden }).FillMask([5, 6], row);

        Assert.Equal(expected, string.Join(' ', row));
    }

    [Theory]
    [InlineData(false, false, 3, 3)]
    [InlineData(false, false, 0, 1)] // a text of nothing is a row of padding
    [InlineData(true, false, 3, 16)]
    [InlineData(false, true, 3, 16)]
    public void RowsAreAsLongAsTheLongestOrTheContext(bool hasFixedLength, bool toContext, int longest, int expected) =>
        Assert.Equal(expected, (Rows(new() { ToContext = toContext }) with { HasFixedLength = hasFixedLength }).LengthOf(longest));

    /// <summary>Padding that is no part of the input must be hidden by a mask, or there must be none.</summary>
    [Fact]
    public void TextsRunApartOnlyWhereNothingHidesTheirPadding()
    {
        var apart = Rows(new() { IsHidden = true });

        Assert.True(apart.RunApart);
        Assert.False((apart with { TakesMask = true }).RunApart);
        Assert.False((apart with { HasFixedLength = true }).RunApart);
        Assert.False(Rows(new() { IsHidden = true, ToContext = true }).RunApart);
        Assert.False(Rows(new()).RunApart);
    }

    [Fact]
    public void LongTextsAreCutUnlessItIsSaid() => Assert.True(Rows(new()).Truncate && new TextTowerSettings().Truncate);

    private static TokenRows Rows(TextPadding padding) => new(Tokenizer: null!, ContextLength: 16, padding);
}
