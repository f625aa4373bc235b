using Microsoft.ML.Clip.Experiments.Search;

namespace Microsoft.ML.Clip.Experiments.Tests.Search;

/// <summary>Numbers of the leaderboard, and who goes on to the next fold.</summary>
public sealed class ScoreTests
{
    /// <summary>The error is that of the mean: the deviation of the folds, of n − 1, over √n.</summary>
    [Fact]
    public void AMeanHasTheStandardErrorOfAMean()
    {
        var (mean, error) = Score.Mean([0.5, 0.7, 0.9]);
        Assert.Equal(0.7, mean, 10);
        Assert.Equal(0.2 / Math.Sqrt(3), error, 10);
        Assert.Equal((0.4, 0), Score.Mean([0.4]));
    }

    [Fact]
    public void AccuracyAndRecallAreMeansOverTheFoldsThatWereMeasured()
    {
        // Fold 0: two of three right, one class wholly and one by half. Fold 1: all right. Fold 2 was not measured.
        int[] labels = [0, 1, 1, 0, 1, 0], folds = [0, 0, 0, 1, 1, 2], predicted = [0, 1, 0, 0, 1, Score.NotMeasured];

        var score = Score.Of(labels, folds, predicted);

        Assert.Equal((2 / 3.0 + 1) / 2, score.Accuracy, 10);
        Assert.Equal((0.75 + 1) / 2, score.MacroRecall, 10);
        Assert.Equal(score.Accuracy, score.Of(ClipExperimentMetric.Accuracy));
        Assert.Equal(score.MacroRecall, score.Of(ClipExperimentMetric.MacroRecall));
    }

    [Fact]
    public void TheBetterHalfGoesOn_AndWhoeverIsNotWorseThanByChance()
    {
        // Of 100 rows the best's standard error is 0.04.
        double[] values = [0.5, 0.8, 0.77, 0.77, 0.75, 0.2];

        Assert.Equal([0.8, 0.77, 0.77], Halving.Better(values, value => value, seen: 100));
        Assert.Equal([0.8, 0.77, 0.77, 0.75], Halving.Better(values, value => value, seen: 60));
        Assert.Equal([0.9], Halving.Better([0.1, 0.9], value => value, seen: 100));
        Assert.Empty(Halving.Better(Array.Empty<double>(), value => value, seen: 1));
    }

    [Fact]
    public void CellsWithCommasQuotesAndLineBreaksAreQuoted()
    {
        ClipTrial trial = new("Cache", "prompts \"photo\", weight 3", "image\n(model)", 0.91234, 0.01, 0.9, 0.02)
        {
            Seconds = 1.5,
            TrainingSize = 40,
            Folds = 5,
            Rank = 1,
        };

        Assert.Equal(
            "1,Cache,\"prompts \"\"photo\"\", weight 3\",\"image\n(model)\",0.9123,0.01,0.9,0.02,1.5,40,5",
            Leaderboard.Csv([trial])[(Leaderboard.Csv([]).Length)..].TrimEnd('\n'));
    }
}
