using Microsoft.ML.Clip.Experiments.Search;

namespace Microsoft.ML.Clip.Experiments.Tests.Search;

public sealed class FoldsTests
{
    [Fact]
    public void AGroupIsNeverOnBothSides()
    {
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i / 3 % 2)];
        string?[] groups = [.. Enumerable.Range(0, 60).Select(i => $"scene {i / 3}")];

        var folds = Folds.Of(labels, groups, 5, seed: 0);

        Assert.All(folds.Zip(groups).GroupBy(row => row.Second), scene => Assert.Single(scene.Select(row => row.First).Distinct()));
        Assert.Equal(5, folds.Distinct().Count());
        Assert.All(
            folds.Zip(labels).GroupBy(row => row.First),
            fold => Assert.Equal([6, 6], fold.CountBy(row => row.Second).OrderBy(c => c.Key).Select(c => c.Value)));
    }

    [Fact]
    public void EveryFoldHasItsShareOfEveryClass()
    {
        int[] labels = [.. Enumerable.Repeat(0, 50), .. Enumerable.Repeat(1, 10), .. Enumerable.Repeat(2, 5)];

        var folds = Folds.Of(labels, new string?[labels.Length], 5, seed: 3);

        foreach (var fold in Enumerable.Range(0, 5))
        {
            var counts = labels.Where((_, row) => folds[row] == fold).CountBy(label => label).ToDictionary();
            Assert.Equal((10, 2, 1), (counts[0], counts[1], counts[2]));
        }
    }

    [Fact]
    public void AClassOfTwoPicturesIsOnBothSides()
    {
        int[] labels = [.. Enumerable.Repeat(0, 20), .. Enumerable.Repeat(1, 20), 2, 2];

        var folds = Folds.Of(labels, new string?[labels.Length], 5, seed: 0);

        Assert.Equal(5, folds.Distinct().Count());
        Assert.NotEqual(folds[40], folds[41]);
    }

    [Fact]
    public void TheSeedDecidesTheDivision()
    {
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 3)];

        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));

        int[] Of(int seed) => Folds.Of(labels, new string?[60], 5, seed);
    }

    /// <summary>Large groups are dealt first, while there is room for them; small ones fill up what is left.</summary>
    [Fact]
    public void FoldsAreOfOneSizeHoweverLargeTheGroupsAre()
    {
        string?[] groups = [.. Enumerable.Range(0, 60).Select(i => i < 20 ? "large" : i < 40 ? "other" : $"{i}")];
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 2)];

        for (var seed = 0; seed < 20; seed++)
            Assert.Equal([20, 20, 20], Folds.Of(labels, groups, 3, seed).CountBy(fold => fold).Select(count => count.Value));
    }

    [Fact]
    public void WhereNothingCanBeTriedOnOthersItSaysSo()
    {
        var fault = Assert.Throws<ArgumentException>(() => Folds.Of([0, 0, 1, 1], ["a", "a", "b", "b"], 5, seed: 0));

        Assert.Contains("different groups", fault.Message, StringComparison.Ordinal);
    }
}
