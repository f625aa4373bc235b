using System.Text;
using Clip.Evaluation;
using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;
using Microsoft.ML.Clip.Experiments.Tests.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests;

/// <summary>What a result has to say beside its model.</summary>
public sealed class AdviceTests
{
    [Fact]
    public void TheResultTellsWhatIsWrongWithItsData()
    {
        var problems = Result().Problems;

        Assert.Equal([(0, 60)], problems.Duplicates.Select(set => (set.Rows[0], set.Rows[1])));
        Assert.Equal([5], problems.SuspectLabels.Select(suspect => suspect.Row));
        Assert.Equal(["broken.png"], problems.Unreadable.Select(row => row.Name));
        Assert.Null(problems.GroupLeak);
        Assert.True(problems.AreCopiesChecked);
    }

    [Fact]
    public void TheResultTellsFromWhichScoreOnItIsRight()
    {
        var result = Result();

        var threshold = result.ThresholdFor(1)!;
        Assert.Equal(1, threshold.Accuracy);
        Assert.InRange(threshold.Answered, 0.5, 0.999);
        Assert.Equal(0.5, threshold.UnlabeledRefused!.Value);
        Assert.Equal(4, result.Thresholds.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => result.ThresholdFor(95));
    }

    [Fact]
    public void TheResultTellsWhatToLabelNext()
    {
        var suggestions = Result().Suggest(3);

        Assert.Equal(3, suggestions.Count);
        Assert.All(suggestions, s => Assert.Equal((0.5, 0.4), (s.ProbabilityOfFirst, s.ProbabilityOfSecond), Close));
        Assert.All(suggestions, suggestion => Assert.Equal($"more/{suggestion.Row}", suggestion.Name));
        var without = Result() with { Unlabeled = null };
        Assert.Contains("give some", Assert.Throws<InvalidOperationException>(() => without.Suggest(3)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Result().Suggest(0));
    }

    [Fact]
    public void ThePageIsWrittenAside()
    {
        using var folder = new TempFolder();

        Result().WriteReport(folder["report.html"]);

        var page = File.ReadAllText(folder["report.html"], Encoding.UTF8);
        Assert.Contains("Which classifier is best", page);
        Assert.Contains("text 60", page); // of the set of copies
        Assert.Single(Directory.GetFiles(folder.Path));
        Result().WriteReport(folder["report.html"]);
    }

    /// <summary>Texts in three clouds; the last one is a copy of the first, the label of the sixth is wrong.</summary>
    private static ClipExperimentResult Result()
    {
        var clouds = new Clouds(classes: 3, dimension: 32, seed: 10);
        var (features, truth) = clouds.Rows(each: 20);
        features.Add(clouds.Near(features[0], 0.01));
        truth.Add(0);
        int[] labels = [.. truth];
        labels[5] = 2;
        var data = new ExperimentData(
            [.. labels.Select((label, row) => new ExperimentRow($"row {row}", label, null, $"text {row}", null))], ["a", "b", "c"],
            [new("broken.png", "It is empty.")]);
        float[][] probabilities = [.. truth.Select((label, row) => Sure(label, row == 5 ? 0.85f : row % 2 == 0 ? 0.9f : 0.7f))];
        float[][] unlabeled = [.. Enumerable.Range(0, 8).Select(row => row < 4 ? Sure(row % 3, 0.999f) : [0.5f, 0.4f, 0.1f])];
        var trial = new ClipTrial("Neighbors", "k = 5", "text", 0.98, 0.01, 0.98, 0.01) { Rank = 1 };
        return new ClipExperimentResult(
            new MLContext(), new DataViewSchema.Builder().ToSchema(), data, new FeatureTable("text", [.. features]),
            new FoldPredictions(new int[labels.Length], probabilities),
            new CandidateSettings(CandidateKind.Neighbors), new FeatureVariant(["models/tiny"], ClipImageViews.Center, false, true))
        {
            Best = trial,
            Trials = [trial],
            Classes = data.Classes,
            Curve = [new(1, 0.8, 0.02), new(2, 0.9, 0.02)],
            Model = new MLContext().Transforms.CopyColumns("b", "a")
                .Fit(new MLContext().Data.LoadFromEnumerable([new { a = 1f }])),
            Unlabeled = new ExperimentData(
                [.. unlabeled.Select((_, row) => new ExperimentRow($"more/{row}", -1, null, $"more text {row}", null))], data.Classes, []),
            UnlabeledFeatures = new FeatureTable("text", [.. unlabeled.Select((_, row) => clouds.Near(row % 3))]),
            UnlabeledProbabilities = unlabeled,
        };

        static float[] Sure(int label, float sure) =>
            [.. Enumerable.Range(0, 3).Select(other => other == label ? sure : (1 - sure) / 2)];
    }

    private static bool Close((double, double) a, (double, double) b) =>
        Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6;
}
