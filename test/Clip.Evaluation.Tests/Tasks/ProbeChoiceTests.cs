using Clip.Conversion.Initialization;
using Clip.Evaluation.Tasks;

namespace Clip.Evaluation.Tests.Tasks;

/// <summary>A probe's weight is chosen on pictures that it was not fitted on: what it knows by heart says nothing of others.</summary>
public sealed class ProbeChoiceTests
{
    private const int Noise = 6;

    [Fact]
    public void TheWeightIsChosenOnTheFifthThatIsLeftOut()
    {
        var train = Pictures(50, wrong: 0.3);
        var (fit, validation) = ProbeSearch.Split(train, seed: 3);
        var expected = ProbeSearch.Best(fit, validation, default);
        Assert.NotEqual(ProbeSearch.Best(fit, fit, default), expected);
        Assert.NotEqual(ProbeSearch.Best(train, validation, default), expected);

        var probe = LinearProbe.Measure(train, Set(1), [train[0].Features], seed: 3);

        Assert.Equal(expected, probe.L2Weight);
        Assert.Null(probe.Shots);
    }

    /// <summary>
    /// Every picture has an axis of its own, and of an axis that a probe was not fitted on it knows nothing: so its scores tell which
    /// pictures it has seen.
    /// </summary>
    [Fact]
    public void FewShotsAreFittedOnWhatIsDrawnAndChosenOnAllOthers()
    {
        var train = Pictures(60, wrong: 0.2);
        float[][] axes = [.. train.Select((_, i) => Axis(train.Length, i))];

        var probe = LinearProbe.FewShot(train, Set(61), [.. axes, Axis(train.Length, null)], shots: 8, seed: 2, draw: 1);

        var scores = probe.Outcome.Pictures.Select(picture => picture.Scores).ToArray();
        var seen = train.Where((_, i) => !scores[i].SequenceEqual(scores[^1])).ToArray();
        Assert.Equal((8, 8, 16), (seen.Count(p => p.Class == "a"), seen.Count(p => p.Class == "b"), probe.TrainImages));
        // Drawn by seed, draw and shots, class by class: a later version draws the same.
        var (drawn, others) = (new List<ProbePicture>(), new List<ProbePicture>());
        foreach (var (number, group) in train.GroupBy(p => p.Class).Select((group, i) => (i, group.ToArray())))
        {
            new SampleRandom(2, 1, 8, number).Shuffle<ProbePicture>(group);
            drawn.AddRange(group[..8]);
            others.AddRange(group[8..]);
        }

        Assert.Equal(seen.ToHashSet(), drawn.ToHashSet());
        Assert.Equal(ProbeSearch.Best(drawn, others, default), probe.L2Weight);
        Assert.NotEqual(ProbeSearch.Best(drawn, drawn, default), probe.L2Weight);
    }

    /// <summary>Eight weights a decade from a millionth to a million, both of which may be the best.</summary>
    [Fact]
    public void WeightsGoFromAMillionthToAMillion()
    {
        ProbePicture[] fit = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? new ProbePicture("a", [1]) : new("b", [-1]))];
        ProbePicture[] opposite = [.. fit.Select(picture => picture with { Class = picture.Class == "a" ? "b" : "a" })];

        // The less it believes, the less it is wrong.
        Assert.Equal(1e6, ProbeSearch.Best(fit, opposite, default), 1e-3);
        Assert.InRange(ProbeSearch.Best(fit, fit, default), 0.999e-6, 1e-4);
        var between = ProbeSearch.Best(fit, [.. fit, .. opposite[..6]], default);
        Assert.InRange(between, 1e-2, 1e2);
        Assert.Equal(Math.Round(8 * Math.Log10(between)), 8 * Math.Log10(between), 1e-9);
    }

    /// <summary>The search ends at the finest of its steps: of the weights on both sides of the best none does better.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    public void NeighborsOfTheBestWeightAreNoBetter(int opposite)
    {
        ProbePicture[] fit = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? new ProbePicture("a", [1]) : new("b", [-1]))];
        ProbePicture[] validation =
            [.. Enumerable.Range(0, 20).Select(i => new ProbePicture(i % 2 == 0 ^ i < opposite ? "a" : "b", [i % 2 == 0 ? 1 : -1]))];

        var best = ProbeSearch.Best(fit, validation, default);

        var step = Math.Pow(10, 1 / 8.0);
        Assert.True(Loss(best) < Loss(best * step));
        Assert.True(Loss(best) < Loss(best / step));

        double Loss(double l2)
        {
            var probe = LogisticRegression.Fit(fit, l2);
            return validation.Sum(picture =>
            {
                var scores = probe.Scores(picture.Features).Select(score => Math.Exp(score)).ToArray();
                return -Math.Log(scores[picture.Class == probe.Classes[0] ? 0 : 1] / scores.Sum());
            });
        }
    }

    [Fact]
    public void ASearchThatIsStoppedEnds()
    {
        var train = Pictures(20, wrong: 0);
        var stopped = new CancellationToken(canceled: true);

        Assert.ThrowsAny<OperationCanceledException>(() => LinearProbe.Measure(train, Set(1), [train[0].Features], 0, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => LinearProbe.FewShot(train, Set(1), [train[0].Features], 2, 0, 0, stopped));
    }

    [Fact]
    public void FourPicturesLeaveNoneToChooseOn()
    {
        Assert.Contains(
            "A linear probe of 4 pictures has none left to choose its weight on",
            Assert.Throws<ClipException>(() => ProbeSearch.Split(Pictures(4, wrong: 0), seed: 0)).Message, StringComparison.Ordinal);
        Assert.Single(ProbeSearch.Split(Pictures(5, wrong: 0), seed: 0).Validation);
    }

    [Fact]
    public void AProbesChancesAreTheSoftmaxOfItsScores()
    {
        var train = Pictures(20, wrong: 0);

        var outcome = LinearProbe.Measure(train, Set(2), [train[0].Features, null]).Outcome;

        var picture = Assert.Single(outcome.Pictures);
        var chances = outcome.Probabilities(picture);
        Assert.Equal(1, chances.Sum(), 1e-6f);
        Assert.Equal(Math.Exp(picture.Scores[0] - picture.Scores[1]), chances[0] / chances[1], 1e-3);
        Assert.Equal(train[0].Features, picture.Features);
    }

    private static LabeledSet Set(int count) => new(
        "set", [.. Enumerable.Range(0, count).Select(i => new LabeledImage { ImagePath = $"{i}", Class = "a" })], ["a", "b"], null);

    private static float[] Axis(int count, int? picture)
    {
        var features = new float[Noise + count];
        if (picture is { } own) features[Noise + own] = 1;
        return features;
    }

    /// <summary>Two classes that lie apart a little, some of them called wrong, each with an axis of its own.</summary>
    private static ProbePicture[] Pictures(int count, double wrong)
    {
        var random = new SampleRandom(8);
        var pictures = new ProbePicture[count];
        for (var i = 0; i < count; i++)
        {
            var features = Axis(count, i);
            for (var d = 0; d < Noise; d++) features[d] = (float)random.NextDouble(-1, 1);
            features[0] += i % 2 == 0 ? 0.7f : -0.7f;
            pictures[i] = new ProbePicture(i % 2 == 0 ^ random.NextDouble() < wrong ? "a" : "b", features);
        }

        return pictures;
    }
}
