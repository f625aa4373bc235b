using Microsoft.ML.Clip.Experiments.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests.DataCheck;

/// <summary>Wrong labels that were planted, classes that look alike, and groups that give their class away.</summary>
public sealed class LabelTests
{
    /// <summary>
    /// Of 600 labels 60 are wrong. At least 51 of these are found, at least nine of ten of those found are wrong, and the right label is
    /// the one that is suggested.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void PlantedWrongLabelsAreFound(int seed)
    {
        var clouds = new Clouds(classes: 6, dimension: 64, seed);
        var (features, truth) = clouds.Rows(each: 100);
        int[] labels = [.. truth];
        for (var row = 0; row < 600; row += 10) labels[row] = (truth[row] + 1 + clouds.Next(5)) % 6;

        var suspects = ConfidentLearning.Of(labels, ByNeighbors(features, labels, classes: 6));

        var wrong = suspects.Count(suspect => suspect.Row % 10 == 0);
        Assert.InRange(wrong / 60.0, 0.85, 1); // recall
        Assert.InRange(wrong / (double)suspects.Count, 0.9, 1); // precision
        Assert.All(suspects.Where(s => s.Row % 10 == 0), s => Assert.Equal((labels[s.Row], truth[s.Row]), (s.Label, s.Suggested)));
        Assert.Equal(suspects.OrderByDescending(s => s.Probability - s.ProbabilityOfLabel).Select(s => s.Row), suspects.Select(s => s.Row));
    }

    /// <summary>Where labels are right, hardly any is suspected, not even among classes that are hard to tell apart.</summary>
    [Fact]
    public void RightLabelsAreLeftAlone()
    {
        var clouds = new Clouds(classes: 4, dimension: 64, seed: 4);
        var (features, labels) = clouds.Rows(each: 100);

        Assert.InRange(ConfidentLearning.Of([.. labels], ByNeighbors(features, labels, classes: 4)).Count, 0, 4);
    }

    /// <summary>
    /// The paper's rule by hand: of the second class 0.6 is usual, and one of the three of the first class that are like any reaches that;
    /// so of its four pictures 4/3 are suspects, and the one that is least like it is.
    /// </summary>
    [Fact]
    public void AsManyPicturesAreSuspectedAsSeemToBeOfAnotherClass()
    {
        int[] labels = [0, 0, 0, 0, 1, 1];
        float[][] probabilities = [[0.9f, 0.1f], [0.9f, 0.1f], [0.45f, 0.55f], [0.3f, 0.7f], [0.5f, 0.5f], [0.3f, 0.7f]];

        var suspect = Assert.Single(ConfidentLearning.Of(labels, probabilities));

        Assert.Equal((3, 0, 1), (suspect.Row, suspect.Label, suspect.Suggested));
        Assert.Equal((0.7, 0.3), (suspect.Probability, suspect.ProbabilityOfLabel), Close);
    }

    /// <summary>A model that is sure of everything reaches what is usual and never more.</summary>
    [Fact]
    public void WhoIsAsSureAsUsualCounts()
    {
        int[] labels = [0, 0, 0, 0, 1, 1];
        float[][] probabilities = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]];

        var suspect = Assert.Single(ConfidentLearning.Of(labels, probabilities));

        Assert.Equal((3, 0, 1), (suspect.Row, suspect.Label, suspect.Suggested));
    }

    /// <summary>The last of the first class has as much of the second as usual, and yet more of its own.</summary>
    [Fact]
    public void NobodyIsSuspectedOfTheLabelThatItHas()
    {
        int[] labels = [0, 0, 0, 0, 1, 1];
        float[][] probabilities = [[1, 0], [1, 0], [1, 0], [0.6f, 0.4f], [0.7f, 0.3f], [0.7f, 0.3f]];

        Assert.DoesNotContain(ConfidentLearning.Of(labels, probabilities), suspect => suspect.Label == suspect.Suggested);
    }

    [Fact]
    public void ClassesThatAreTakenForEachOtherLookAlike()
    {
        int[] labels = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        int[] taken = [0, 0, 1, 1, 0, 1, 1, 1, 2, 2, 2, 0];

        var pair = Assert.Single(LookAlikes.Of(labels, [.. taken.Select(OneHot)]));

        Assert.Equal((0, 1, 0.375), (pair.First, pair.Second, pair.Share));
        Assert.Equal([2, 3, 4], pair.Confused);

        static float[] OneHot(int label) => [.. Enumerable.Range(0, 3).Select(other => other == label ? 0.8f : 0.1f)];
    }

    [Theory]
    [InlineData(20, 2, true)]
    [InlineData(21, 2, false)]
    [InlineData(8, 1, false)]
    public void ClassesLookAlikeFromATenthOfTheirPicturesOn_AndFromTwo(int pictures, int confused, bool areAlike)
    {
        int[] labels = [.. Enumerable.Range(0, pictures).Select(i => i % 2)];
        var taken = labels.Select((label, row) => row < confused ? 1 - label : label);

        Assert.Equal(areAlike, LookAlikes.Of(labels, [.. taken.Select(t => t == 0 ? new[] { 0.8f, 0.2f } : [0.2f, 0.8f])]).Count == 1);
    }

    /// <summary>Rows without a group are of none of the others': for them all others count.</summary>
    [Fact]
    public void PicturesWithoutAGroupAreApartFromAllOthers()
    {
        float[][] features = [[1, 0], [1, 0], [0.9f, 0.436f], [0, 1], [0, 1]];
        int[] labels = [0, 0, 1, 1, 1];
        string?[] groups = [null, null, null, "a", "a"];

        var leak = GroupLeak.Of(features, labels, groups, Neighbors.Of(features, 1))!;

        // The two of class 0 find each other; of class 1 the first is nearest to those, and the grouped ones are to it.
        Assert.Equal((4 / 5.0, 4 / 5.0), (leak.NearestRight, leak.NearestRightApart));
    }

    /// <summary>Pictures that show their scene and nothing of their class are recognized by the scene alone.</summary>
    [Fact]
    public void ScenesThatGiveTheClassAwayAreTold()
    {
        var scenes = new Clouds(classes: 40, dimension: 64, seed: 5);
        var (features, scene) = scenes.Rows(each: 5, spread: 0.3);
        int[] labels = [.. scene.Select(s => s % 2)];
        string?[] groups = [.. scene.Select(s => $"scene {s}")];

        var leak = GroupLeak.Of(features, labels, groups, Neighbors.Of(features, 1))!;

        Assert.Equal(1, leak.NearestRight);
        Assert.InRange(leak.NearestRightApart, 0.2, 0.8);
        Assert.Empty(leak.ClassesInOneGroup);
        Assert.Null(GroupLeak.Of(features, labels, new string?[200], Neighbors.Of(features, 1)));
    }

    [Fact]
    public void AClassInOneGroupIsTold()
    {
        var (features, labels) = new Clouds(classes: 3, dimension: 8, seed: 6).Rows(each: 3);

        var leak = GroupLeak.Of(features, labels, ["a", "b", "b", "c", "c", "c", null, null, null], Neighbors.Of(features, 1))!;

        Assert.Equal([1], leak.ClassesInOneGroup);
    }

    /// <summary>Probabilities by the ten nearest other rows, each of which is left out for itself as folds would.</summary>
    private static float[][] ByNeighbors(List<float[]> features, IReadOnlyList<int> labels, int classes) =>
    [
        .. Neighbors.Of(features, 10).Rows.Select(rows => Enumerable.Range(0, classes)
            .Select(label => (rows.Count(row => labels[row] == label) + 0.5f) / (rows.Length + 0.5f * classes)).ToArray()),
    ];

    private static bool Close((double, double) a, (double, double) b) =>
        Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6;
}
