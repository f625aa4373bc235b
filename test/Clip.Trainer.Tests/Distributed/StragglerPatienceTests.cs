using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>When a rank that holds up the others is told of, and from which steps that is known.</summary>
public sealed class StragglerPatienceTests
{
    /// <summary>The first step fills caches, and how long it took is forgotten.</summary>
    [Fact]
    public void ASlowFirstStepDoesNotCount()
    {
        var stragglers = new Stragglers(["left", "right"]);
        Assert.Null(stragglers.Add([0.2, 1000], [0, 1000]));

        Assert.All(Enumerable.Range(0, 60), _ => Assert.Null(stragglers.Add([0.2, 0.2], [0, 0])));

        Assert.Equal(1, stragglers.Slowest.Ratio, 1e-9);
    }

    /// <summary>The latest step counts a tenth.</summary>
    [Fact]
    public void StepsAreAveragedOverSomeTen()
    {
        var stragglers = new Stragglers(["left", "middle", "right"]);
        for (var i = 0; i < 5; i++) stragglers.Add([0.2, 0.2, 0.2], [0, 0, 0]);

        stragglers.Add([0.2, 0.2, 1.2], [0, 0, 0]);

        Assert.Equal(2, stragglers.Slowest.Rank);
        Assert.Equal(((0.9 * 0.2) + (0.1 * 1.2)) / 0.2, stragglers.Slowest.Ratio, 1e-9);
    }

    [Fact]
    public void OneRankAloneIsAsSlowAsItself()
    {
        var alone = new Stragglers(["here"]);
        Assert.Equal((0, 1.0), alone.Slowest);

        Assert.All(Enumerable.Range(0, 30), _ => Assert.Null(alone.Add([5], [1])));
    }

    /// <summary>It is told of again where another was slow in between.</summary>
    [Fact]
    public void WordsComeWithTheTwentiethStepAndOnceForEachRank()
    {
        var stragglers = new Stragglers(["left", "right"]);
        var told = new List<string>();
        foreach (var (busy, steps) in new (double[], int)[] { ([0.1, 0.4], 40), ([0.9, 0.1], 40), ([0.1, 0.4], 80) })
        {
            for (var i = 0; i < steps; i++)
            {
                if (stragglers.Add(busy, [0, 0]) is { } words) told.Add(words[..6]);
            }
        }

        Assert.Equal(["Rank 1", "Rank 0", "Rank 1"], told);
    }
}
