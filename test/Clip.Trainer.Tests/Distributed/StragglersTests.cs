using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>A rank that all others wait for is named: once, when it is sure, and where it costs something.</summary>
public sealed class StragglersTests
{
    [Fact]
    public void ARankThatTakesLongerThanTheOthersIsNamedOnce()
    {
        var stragglers = new Stragglers(["left", "middle", "right"]);
        var told = Steps(stragglers, 100, busy: [0.1, 0.25, 0.1], dataWait: [0, 0.05, 0]);
        Assert.Equal(
            [(20, "Rank 1 (middle) holds up the others: its steps take 2.5 times theirs, 20 % of it waiting for data.")], told);
        Assert.Equal(1, stragglers.Slowest.Rank);
        Assert.Equal(2.5, stragglers.Slowest.Ratio, 6);
    }

    [Fact]
    public void AnotherThatBecomesSlowIsNamedToo()
    {
        var stragglers = new Stragglers(["left", "right"]);
        Steps(stragglers, 30, busy: [0.3, 0.1]);
        var told = Steps(stragglers, 60, busy: [0.1, 0.4]);
        Assert.StartsWith("Rank 1 (right) ", Assert.Single(told).Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.149, 0.1)] // less than one and a half times
    [InlineData(0.06, 0.02)] // three times, and 40 ms that nobody misses
    public void SmallDifferencesAreNot(double slow, double other) =>
        Assert.Empty(Steps(new Stragglers(["left", "right"]), 100, busy: [other, slow]));

    [Fact]
    public void ASlowStepIsNoSlowRank()
    {
        var stragglers = new Stragglers(["left", "right"]);
        Steps(stragglers, 50, busy: [0.2, 0.2]);
        Assert.Null(stragglers.Add([0.2, 1.0], [0, 0]));
        Assert.Empty(Steps(stragglers, 50, busy: [0.2, 0.2]));
    }

    private static List<(int Step, string Words)> Steps(
        Stragglers stragglers, int count, double[] busy, double[]? dataWait = null)
    {
        var told = new List<(int, string)>();
        for (var step = 1; step <= count; step++)
        {
            if (stragglers.Add(busy, dataWait ?? new double[busy.Length]) is { } words) told.Add((step, words));
        }

        return told;
    }
}
