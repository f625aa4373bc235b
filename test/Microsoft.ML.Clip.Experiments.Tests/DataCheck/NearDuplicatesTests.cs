using Microsoft.ML.Clip.Experiments.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests.DataCheck;

/// <summary>Copies that were planted are found, and nothing else.</summary>
public sealed class NearDuplicatesTests
{
    /// <summary>Of 400 pictures 40 come twice, a little changed. All are found and no others, however close all features lie.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.2)]
    public void PlantedCopiesAreFound(double spread)
    {
        var clouds = new Clouds(classes: 8, dimension: 64, seed: 1);
        var (features, labels) = clouds.Rows(each: 50, spread);
        for (var row = 0; row < 400; row += 10)
        {
            features.Add(clouds.Near(features[row], 0.1 * spread));
            labels.Add(labels[row]);
        }

        var sets = Find(features, labels);

        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => (10 * i, 400 + i)), sets.Select(set => (set.Rows[0], set.Rows[1])).Order());
        Assert.All(sets, set => Assert.Equal((2, false, false), (set.Rows.Count, set.AcrossClasses, set.AcrossGroups)));
    }

    [Fact]
    public void CopiesAcrossClassesAndGroupsAreTold()
    {
        var clouds = new Clouds(classes: 3, dimension: 32, seed: 2);
        var (features, labels) = clouds.Rows(each: 20);
        string?[] groups = [.. Enumerable.Repeat<string?>(null, 60), "a", "a", "a", "b"];
        foreach (var label in new[] { 0, 1 }) Add(label, features[0]);
        var scene = clouds.Near(2);
        foreach (var label in new[] { 2, 2 }) Add(label, scene);

        var sets = Find(features, labels, groups);

        Assert.Equal([[0, 60, 61], [62, 63]], sets.Select(set => set.Rows));
        Assert.Equal([(true, true), (false, true)], sets.Select(set => (set.AcrossClasses, set.AcrossGroups)));

        void Add(int label, float[] copied)
        {
            features.Add(clouds.Near(copied, 0.01));
            labels.Add(label);
        }
    }

    /// <summary>
    /// The second has others nearby, so that what is near to it must be nearer than what is near to the first, which stands alone.
    /// </summary>
    [Fact]
    public void TwoAreCopiesWhereEachIsNearToTheOther()
    {
        int[][] rows = [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]];
        float[][] Distances(float ofSecond) =>
            [.. new float[][] { [0.01f, 0.8f, 0.8f], [0.01f, ofSecond, ofSecond], [0.5f, 0.6f, 0.8f], [0.5f, 0.6f, 0.8f] }
                .Select(row => row.Select(distance => 1 - distance).ToArray())];

        Assert.Empty(NearDuplicates.Of(new Neighbors(rows, Distances(0.02f)), [0, 0, 0, 0]));
        Assert.Equal([0, 1], Assert.Single(NearDuplicates.Of(new Neighbors(rows, Distances(0.8f)), [0, 0, 0, 0])).Rows);
    }

    [Fact]
    public void SetsOfAllTheSamePictureAndOfNoneAreNoTrouble()
    {
        float[] one = [1, 0];

        Assert.Equal([0, 1, 2], Assert.Single(Find([one, one, one], [0, 0, 1])).Rows);
        Assert.Empty(Find([one], [0]));
        Assert.Empty(Find([], []));
    }

    /// <summary>Rows of one group and copies of each other, directly or by way of a third, stay on one side of a fold.</summary>
    [Fact]
    public void GroupsAndCopiesBecomeScenes()
    {
        var scenes = Scenes.Of(
            [0, 1, 0, 1, 0, 1], ["a", null, "b", "a", null, "b"], [new([1, 3], false, true), new([1, 4], false, false)]);

        Assert.Equal(["0", "0", "2", "0", "0", "2"], scenes);
    }

    /// <summary>A class that is nothing but copies is tried all the same: better a number that is too good than none.</summary>
    [Fact]
    public void CopiesOfAClassThatHasNothingElseDoNotCount()
    {
        var scenes = Scenes.Of(
            [0, 0, 1, 1, 1], new string?[5], [new([0, 1], false, false), new([2, 3], false, false)]);

        Assert.Equal(["0", "1", "2", "2", "4"], scenes);
    }

    private static IReadOnlyList<ClipDuplicates> Find(List<float[]> features, List<int> labels, string?[]? groups = null) =>
        NearDuplicates.Of(Neighbors.Of(features, NearDuplicates.NeighborsOf(features.Count)), labels, groups);
}
