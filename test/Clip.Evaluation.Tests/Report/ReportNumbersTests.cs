using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;

namespace Clip.Evaluation.Tests.Report;

/// <summary>The numbers of a report, held to ones that are counted by hand.</summary>
public sealed class ReportNumbersTests
{
    private static readonly string[] Labels = ["cat", "dog", "cow"];

    [Fact]
    public void The_rank_of_a_tied_label_is_its_last()
    {
        var tied = Outcome([0.5f, 0.5f, 0], right: 0);

        Assert.False(tied.IsRight);
        Assert.Equal(2, tied.Rank);
        // The wrong one of two equal labels stands first, so that the page shows why.
        Assert.Equal([1, 0, 2], tied.Best);
    }

    [Fact]
    public void Labels_are_ranked_by_scores_and_shown_with_their_chances()
    {
        // Chances that have become equal in float32 are no tie.
        var outcome = PictureOutcome.Of([30, 20, 10], [1, 0, 0], [1]);

        Assert.Equal(2, outcome.Rank);
        Assert.Equal([0, 1, 2], outcome.Best);
        Assert.Equal([1, 0, 0], outcome.Scores);
        Assert.Equal(0, outcome.RightScore);
    }

    /// <summary>0.6 as a float is a little more than 0.6, and so is of the range above; both pages of numbers must think so.</summary>
    [Fact]
    public void A_report_has_the_metrics_of_the_results()
    {
        var outcome = Classified(
            Labels, ([0.9f, 0.1f, 0], [0]), ([0.2f, 0.8f, 0], [0]), ([0.1f, 0.9f, 0], [0]),
            ([0.4f, 0.6f, 0], [1]), ([0.6f, 0.1f, 0.3f], [2]));

        var set = ReportedOutcomes.Set([(0, outcome, [])]);

        var run = set.Runs[0];
        var calibration = Calibration.Of(outcome);
        Assert.Equal(DataFingerprint.Of(outcome), set.Fingerprint);
        Assert.Equal(calibration.Bins, run.Calibration!.Bins);
        Assert.Equal(calibration.ExpectedError, run.Calibration.ExpectedError);
        Assert.Equal(2, run.Calibration.Bins[9].Count);
        Assert.Equal(ClassResult.Of(outcome), run.Classes);
        Assert.Equal([(0, 1, 2.0), (2, 0, 1.0)], run.Confusions.Select(pair => (pair.Right, pair.Taken, pair.Count)));
        Assert.Equal([1, 2], run.Confusions[0].Pictures);
    }

    [Fact]
    public void Pictures_of_several_labels_have_no_calibration()
    {
        var outcome = Classified(Labels, ([0.9f, 0.1f, 0], []), ([0.9f, 0.1f, 0], [0, 1]));

        var run = ReportedOutcomes.Set([(0, outcome with { Set = outcome.Set with { IsMultiLabel = true } }, [])]).Runs[0];

        Assert.Null(run.Calibration);
        Assert.Empty(run.Confusions);
    }

    [Fact]
    public void The_map_has_the_directions_of_most_variance()
    {
        // Wide along the third axis, less so along the first, hardly along the second.
        var random = new Random(1);
        var embeddings = Enumerable.Range(0, 200)
            .Select(_ => new[] { 3 * Deviation(), 0.1f * Deviation(), 10 * Deviation(), 0.1f * Deviation() }).ToArray();

        var map = EmbeddingMap.Of(embeddings);

        Assert.InRange(map.Variance, 0.99, 1);
        var first = Correlation(map.Points.Select(p => p.X), embeddings.Select(e => e[2]));
        Assert.InRange(Math.Abs(first), 0.999, 1.001);
        Assert.InRange(Math.Abs(Correlation(map.Points.Select(p => p.Y), embeddings.Select(e => e[0]))), 0.95, 1.001);
        // Distances are those of the embeddings.
        Assert.Equal(Math.Abs(embeddings[0][2] - embeddings[1][2]), Math.Abs(map.Points[0].X - map.Points[1].X), 0.5);
        Assert.Equal(map.Points, EmbeddingMap.Of(embeddings).Points);

        float Deviation() => (float)(random.NextDouble() + random.NextDouble() - 1);
    }

    /// <summary>Of variances of 16, 9 and 4 a plane keeps the two largest.</summary>
    [Fact]
    public void The_map_tells_what_the_plane_keeps()
    {
        float[][] corners = [[4, 0, 0], [-4, 0, 0], [0, 3, 0], [0, -3, 0], [0, 0, 2], [0, 0, -2]];

        Assert.Equal(25 / 29.0, EmbeddingMap.Of(corners).Variance, 1e-3);
    }

    [Fact]
    public void Outcomes_of_several_models_keep_the_pictures_that_all_could_read()
    {
        LabeledImage[] images =
        [
            .. new[] { "/sets/a/cat/1.png", "/sets/a/dog/2.png", "/sets/a/cow/3.png" }
                .Zip(Labels, (path, label) => new LabeledImage { ImagePath = path, Class = label, Content = () => [] }),
        ];
        var set = new LabeledSet("animals", images, Labels, null);
        var all = ClassificationOutcome.Of(set, [[0.9f, 0, 0], [0, 0.9f, 0], [0, 0, 0.9f]]);
        var fewer = ClassificationOutcome.Of(set, [[0.9f, 0, 0], null, [0.5f, 0, 0.4f]]);

        var reported = ReportedOutcomes.Set([(0, all, []), (1, fewer, [new("acc1", 0.5)])]);

        // Named below the folder that all lie in.
        Assert.Equal(["cat/1.png", "cow/3.png"], reported.Pictures.Select(picture => picture.Name));
        Assert.Equal([[0], [2]], reported.Right!);
        Assert.Equal([true, true], reported.Runs[0].Outcomes.Select(o => o.IsRight));
        Assert.Equal([true, false], reported.Runs[1].Outcomes.Select(o => o.IsRight));
        Assert.Equal("acc1", Assert.Single(reported.Runs[1].Metrics).Name);
        Assert.Null(reported.Runs[0].Embeddings);
    }

    private static double Correlation(IEnumerable<float> a, IEnumerable<float> b)
    {
        double[] x = [.. a], y = [.. b];
        double mx = x.Average(), my = y.Average();
        return x.Zip(y, (p, q) => (p - mx) * (q - my)).Sum()
            / Math.Sqrt(x.Sum(p => (p - mx) * (p - mx)) * y.Sum(q => (q - my) * (q - my)));
    }

    private static PictureOutcome Outcome(float[] scores, int right) => PictureOutcome.Of(scores, scores, [right]);

    private static ClassificationOutcome Classified(string[] labels, params (float[] Scores, int[] Right)[] pictures) =>
        ClassificationOutcome.Of(
            new LabeledSet(
                "animals",
                [.. pictures.Select((p, i) => new LabeledImage
                {
                    ImagePath = $"{i}.png", Content = () => [], Classes = [.. p.Right.Select(right => labels[right])],
                })],
                labels, null),
            [.. pictures.Select(p => p.Scores)]);
}
