using System.Globalization;
using Clip.Conversion.Initialization;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Tasks;
using Clip.Evaluation.Tests.Metrics;

namespace Clip.Evaluation.Tests.Tasks;

/// <summary>The probe is scikit-learn's, its weight the one that does best on others, and few shots are few.</summary>
public sealed class LinearProbeTests
{
    [Theory]
    [InlineData("10.0")]
    [InlineData("1.0")]
    [InlineData("0.1")]
    [InlineData("0.01")]
    public void ProbabilitiesAreScikitLearns(string l2)
    {
        var made = ScikitLearn.Of("probe");
        var classes = ScikitLearn.Ints(made.GetProperty("classes"));
        var train = ScikitLearn.Floats(made.GetProperty("train"))
            .Select((features, i) => new ProbePicture($"c{classes[i]}", features)).ToArray();
        var expected = ScikitLearn.Floats(made.GetProperty("l2").GetProperty(l2));

        var probe = LogisticRegression.Fit(train, double.Parse(l2, CultureInfo.InvariantCulture));

        Assert.Equal(["c0", "c1", "c2"], probe.Classes);
        foreach (var (features, row) in ScikitLearn.Floats(made.GetProperty("test")).Zip(expected))
        {
            var scores = probe.Scores(features).Select(s => Math.Exp(s)).ToArray();
            foreach (var (score, probability) in scores.Zip(row)) Assert.Equal(probability, score / scores.Sum(), 0.01);
        }
    }

    /// <summary>Of the labels that it is fitted on four in ten are wrong: a bold probe learns them by heart.</summary>
    [Fact]
    public void TheWeightIsTheOneThatDoesBestOnOthers()
    {
        var random = new SampleRandom(5);
        var fit = Draw(60, ref random, wrong: 0.4);
        var validation = Draw(200, ref random, wrong: 0);

        var best = ProbeSearch.Best(fit, validation, default);

        var chosen = Accuracy(LogisticRegression.Fit(fit, best), validation);
        foreach (var l2 in new[] { 1e-6, 1e-3, 1, 1e3, 1e6 })
            Assert.True(chosen >= Accuracy(LogisticRegression.Fit(fit, l2), validation), $"{best} does worse than {l2}.");
        Assert.True(best > 0.1, $"{best} is bold.");
    }

    /// <summary>Every weight has the same hits; that a third of the pictures are of the other class, only one knows.</summary>
    [Fact]
    public void OfWeightsThatHitAsOftenTheOneOfTheBestProbabilitiesIsTaken()
    {
        ProbePicture[] fit = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? new ProbePicture("a", [1]) : new("b", [-1]))];
        ProbePicture[] validation =
        [
            .. Enumerable.Range(0, 30).Select(i => new ProbePicture(i % 2 == 0 ^ i % 3 == 2 ? "a" : "b", [i % 2 == 0 ? 1 : -1])),
        ];

        var scores = LogisticRegression.Fit(fit, ProbeSearch.Best(fit, validation, default)).Scores([1]);

        Assert.Equal(2 / 3.0, 1 / (1 + Math.Exp(scores[1] - scores[0])), 0.05);
    }

    [Fact]
    public void AFifthOfEveryClassIsLeftToChooseOn_AndTheProbeIsFittedOnAll()
    {
        ProbePicture[] train = [.. Enumerable.Range(0, 60).Select(i => new ProbePicture(i < 20 ? "a" : "b", [i < 20 ? 1 : -1, i]))];
        var (fit, validation) = ProbeSearch.Split(train, seed: 1);

        Assert.Equal((16, 4, 32, 8), (Count(fit, "a"), Count(validation, "a"), Count(fit, "b"), Count(validation, "b")));
        Assert.Equal(train.OrderBy(Number), fit.Concat(validation).OrderBy(Number));
        Assert.Equal(validation, ProbeSearch.Split(train, seed: 1).Validation);
        Assert.NotEqual(validation.Select(Number), ProbeSearch.Split(train, seed: 2).Validation.Select(Number));

        var set = new LabeledSet("set", [new() { ImagePath = "0", Class = "a" }], ["a", "b"], null);
        var probe = LinearProbe.Measure(train, set, [[0.3f, 20]], seed: 1);
        Assert.Equal(LogisticRegression.Fit(train, probe.L2Weight).Scores([0.3f, 20]), probe.Outcome.Pictures[0].Scores);
        Assert.Equal(60, probe.TrainImages);

        static int Count(ProbePicture[] pictures, string name) => pictures.Count(picture => picture.Class == name);

        static float Number(ProbePicture picture) => picture.Features[1];
    }

    [Fact]
    public void FewShotsAreOfEveryClassAndDrawnBySeed()
    {
        var random = new SampleRandom(6);
        var train = Draw(40, ref random, wrong: 0);
        var test = Draw(30, ref random, wrong: 0);
        var set = new LabeledSet(
            "set", [.. test.Select((t, i) => new LabeledImage { ImagePath = $"{i}", Class = t.Class })], ["a", "b"], null);
        float[][] features = [.. test.Select(t => t.Features)];

        var probe = LinearProbe.FewShot(train, set, features, shots: 2, seed: 1, draw: 0);
        var again = LinearProbe.FewShot(train, set, features, shots: 2, seed: 1, draw: 0);
        var other = LinearProbe.FewShot(train, set, features, shots: 2, seed: 1, draw: 1);

        Assert.Equal((4, 2, 30), (probe.TrainImages, probe.Shots, probe.Outcome.Pictures.Count));
        Assert.Equal(Scores(probe), Scores(again));
        Assert.NotEqual(Scores(probe), Scores(other));
        var unlike = Enumerable.Range(1, 20).Select(draw => LinearProbe.FewShot(train, set, features, shots: 2, seed: 1, draw))
            .First(probes => Top1(probes) != Top1(probe));
        var mean = FewShotMetrics.Of([probe.Outcome, unlike.Outcome], new Bootstrap(draws: 10));
        var (first, second) = (Top1(probe), Top1(unlike));
        Assert.Equal((first + second) / 2, mean[0].Value, 12);
        // The draws are a sample: of two the deviation is their difference by the root of two.
        Assert.Equal(Math.Abs(first - second) / Math.Sqrt(2), mean.Single(metric => metric.Name == "lp_acc1_std").Value, 12);
        Assert.Equal(0, FewShotMetrics.Of([probe.Outcome], new Bootstrap(draws: 10)).Single(m => m.Name == "lp_acc1_std").Value);

        static float[][] Scores(LinearProbe probe) => [.. probe.Outcome.Pictures.Select(picture => picture.Scores)];

        static double Top1(LinearProbe probe) => Clip.Evaluation.Metrics.Accuracy.Of(probe.Outcome).Top1;
    }

    [Fact]
    public void TooFewPicturesForTheShotsAreTold()
    {
        var set = new LabeledSet("set", [], ["a", "b"], null);
        ProbePicture[] train = [new("a", [1, 0]), new("a", [1, 1]), new("b", [0, 1]), new("b", [0, 2])];

        var error = Assert.Throws<ClipException>(() => LinearProbe.FewShot(train, set, [], shots: 2, seed: 0, draw: 0));

        Assert.Contains("The class 'a' of set has 2 training pictures; 2 shots", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneClassIsNothingToProbe() =>
        Assert.Contains(
            "at least two classes",
            Assert.Throws<ClipException>(() => LogisticRegression.Fit([new("a", [1, 0]), new("a", [0, 1])], 1)).Message,
            StringComparison.Ordinal);

    /// <summary>A class that only test pictures have is never right; one that only training pictures have may be taken for it.</summary>
    [Fact]
    public void ClassesThatDifferAreNoError()
    {
        ProbePicture[] train =
        [
            .. Enumerable.Range(0, 10).Select(i => new ProbePicture("a", [1, 0.01f * i])),
            .. Enumerable.Range(0, 10).Select(i => new ProbePicture("x", [0.01f * i, 1])),
        ];
        var set = new LabeledSet(
            "set", [new() { ImagePath = "0", Class = "a" }, new() { ImagePath = "1", Class = "b" }], ["a", "b"], null);

        var probe = LinearProbe.Measure(train, set, [[1, 0], [0, 1]]);

        Assert.Equal(["a", "b", "x"], probe.Outcome.Set.Labels);
        Assert.Equal([1, 0], probe.Outcome.Pictures.Select(picture => picture.Placing.Hit(1)));
        Assert.Equal(0, probe.Outcome.Pictures[1].Placing.Hit(2));
    }

    private static double Accuracy(LogisticRegression probe, ProbePicture[] pictures) => pictures.Average(picture =>
    {
        var scores = probe.Scores(picture.Features);
        return probe.Classes[Array.IndexOf(scores, scores.Max())] == picture.Class ? 1.0 : 0;
    });

    private static ProbePicture[] Draw(int count, ref SampleRandom random, double wrong)
    {
        var pictures = new ProbePicture[count];
        for (var i = 0; i < count; i++)
        {
            var features = new float[24];
            for (var d = 0; d < features.Length; d++) features[d] = (float)random.NextDouble(-1, 1);
            features[0] += i % 2 == 0 ? 1 : -1;
            pictures[i] = new ProbePicture(i % 2 == 0 ^ random.NextDouble() < wrong ? "a" : "b", features);
        }

        return pictures;
    }
}
