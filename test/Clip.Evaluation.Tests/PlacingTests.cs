using Clip.Evaluation;


namespace Clip.Evaluation.Tests;

public sealed class PlacingTests
{
    [Theory]
    [InlineData(0.9f, 1, 1)] // the best of all
    [InlineData(0.5f, 0, 1)] // two are better
    [InlineData(0.4f, 0, 0)]
    public void ARankIsHowManyAreBetter(float own, double first, double amongThree)
    {
        var placing = Placing.Of([0.8f, own, 0.6f, 0.45f], right: 1);

        Assert.Equal((first, amongThree), (placing.Hit(1), placing.Hit(3)));
    }

    [Fact]
    public void OfSoManyThatTieEachIsFirstAsOften()
    {
        var placing = Placing.Of([0.5f, 0.5f, 0.9f, 0.5f, 0.5f, 0.1f], right: 3);

        // The one that is better is the first; four share the next four places.
        Assert.Equal([0, 0.25, 0.5, 0.75, 1, 1], Enumerable.Range(1, 6).Select(placing.Hit));
    }

    [Fact]
    public void OneOfSeveralRightOnesWillDo()
    {
        var placing = Placing.Of([0.5f, 0.5f, 0.5f, 0.5f, 0.1f], right: [0, 1, 4]);

        Assert.Equal(0.5, placing.Hit(1), 12);
        Assert.Equal(1 - (2 / 4.0 * (1 / 3.0)), placing.Hit(2), 12); // unless both are wrong
        Assert.Equal(1, placing.Hit(3), 12);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void WhatIsNoNumberIsNotRanked(float score)
    {
        var error = Assert.Throws<ClipException>(() => Placing.Of([0.5f, score], right: 0));

        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }
}
