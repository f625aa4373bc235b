using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;

namespace Clip.Evaluation.Tests.Report;

/// <summary>What is told of one picture: five labels, the best of its own, and where that stands.</summary>
public sealed class PictureOutcomeTests
{
    [Fact]
    public void FiveLabelsAreKeptTheBestFirst()
    {
        float[] scores = [0.1f, 0.7f, 0.2f, 0.6f, 0.3f, 0.5f, 0.4f];

        var outcome = PictureOutcome.Of(scores, scores, [0]);

        Assert.Equal([1, 3, 5, 6, 4], outcome.Best);
        Assert.Equal([0.7f, 0.6f, 0.5f, 0.4f, 0.3f], outcome.Scores);
        Assert.Equal((7, false, 0.1f), (outcome.Rank, outcome.IsRight, outcome.RightScore));
        Assert.Equal([1, 3], PictureOutcome.Of(scores, scores, [0], kept: 2).Best);
    }

    [Fact]
    public void OfSeveralRightLabelsTheBestCounts()
    {
        var outcome = PictureOutcome.Of([3, 2, 1], [0.7f, 0.2f, 0.1f], [2, 1]);

        Assert.Equal((2, false, 0.2f), (outcome.Rank, outcome.IsRight, outcome.RightScore));
        Assert.True(PictureOutcome.Of([3, 3, 1], [0.5f, 0.5f, 0], [0, 1]).IsRight); // both are right that tie
    }

    [Fact]
    public void WhereNoLabelIsKnownThereIsNoRank()
    {
        Assert.All(new int[]?[] { null, [] }, right =>
        {
            var outcome = PictureOutcome.Of([1, 3, 2], [0.1f, 0.6f, 0.3f], right);

            Assert.Equal([1, 2, 0], outcome.Best);
            Assert.Equal((0, false), (outcome.Rank, outcome.IsRight));
            Assert.True(float.IsNaN(outcome.RightScore));
        });
    }

    /// <summary>A probe has no prompts, and each label stands for itself; of several prompts the first is shown.</summary>
    [Fact]
    public void ALabelIsShownWithItsFirstPromptOrByItself()
    {
        LabeledImage[] images = [new() { ImagePath = "a/1", Class = "cat", Content = () => [] }];
        var set = new LabeledSet("pets", images, ["cat", "dog"], null);
        var outcome = ClassificationOutcome.Of(set, [[1, 0]], [[0.6f, 0.8f]]);

        Assert.Equal(["cat", "dog"], ReportedOutcomes.Set([(0, outcome, [])]).Prompts);
        var prompted = outcome with { Prompts = [["a cat", "the cat"], ["a dog", "the dog"]] };
        var reported = ReportedOutcomes.Set([(3, prompted, [])]);
        Assert.Equal(["a cat", "a dog"], reported.Prompts);
        Assert.Equal((3, "pets"), (reported.Runs[0].Model, reported.Name));
        Assert.Equal([0.6f, 0.8f], Assert.Single(reported.Runs[0].Embeddings!));
    }

    [Fact]
    public void AProbesRecallsAreItsClassesShares()
    {
        var images = new[] { "cat", "cat", "dog" }.Select((label, i) => new LabeledImage { ImagePath = $"{i}", Class = label });
        var set = new LabeledSet("pets", [.. images], ["cat", "dog", "cow"], null);

        var recalls = ReportedOutcomes.Recalls(ClassificationOutcome.Of(set, [[1, 0, 0], [0, 1, 0], [0, 1, 0]]));

        Assert.Equal([0.5, 1, double.NaN], recalls);
    }
}
