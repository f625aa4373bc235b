using System.Numerics.Tensors;
using Microsoft.ML.Clip.Experiments.Suggestion;
using Microsoft.ML.Clip.Experiments.Tests.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests.Suggestion;

/// <summary>Which pictures to label next, and what that would bring.</summary>
public sealed class SuggestionTests
{
    /// <summary>The model is sure of 200 pictures, unsure of 5 clouds of 20: each cloud is asked for, and nothing that is known.</summary>
    [Fact]
    public void UnsurePicturesOfAllKindsAreSuggested()
    {
        var clouds = new Clouds(classes: 7, dimension: 64, seed: 8);
        var (features, kinds) = clouds.Rows(each: 20, spread: 0.3);
        for (var i = 0; i < 160; i++)
        {
            features.Add(clouds.Near(i % 2, 0.3));
            kinds.Add(i % 2);
        }

        float[][] probabilities = [.. kinds.Select(kind => kind < 2 ? Sure(kind) : (float[])[0.52f, 0.48f])];

        var rows = Suggestions.Rows(probabilities, features, 10);

        Assert.Equal(10, rows.Distinct().Count());
        Assert.All(rows, row => Assert.InRange(kinds[row], 2, 6));
        Assert.Equal(5, rows.Select(row => kinds[row]).Distinct().Count());
        Assert.Equal(rows, Suggestions.Rows(probabilities, features, 10));

        static float[] Sure(int label) => label == 0 ? [0.995f, 0.005f] : [0.005f, 0.995f];
    }

    [Fact]
    public void TheSamePictureIsNotSuggestedTwice()
    {
        float[] features = [1, 0], other = [0, 1];

        var rows = Suggestions.Rows([[0.5f, 0.5f], [0.5f, 0.5f], [0.6f, 0.4f]], [features, features, other], 3);

        Assert.Equal([0, 2], rows);
        Assert.Empty(Suggestions.Rows([], [], 3));
    }

    /// <summary>Labels that are suggested bring more than as many that are drawn: classes that had no picture come in first.</summary>
    [Fact]
    public void SuggestedLabelsBringMoreThanDrawnOnes()
    {
        var clouds = new Clouds(classes: 10, dimension: 32, seed: 9);
        var (features, labels) = clouds.Rows(each: 30, spread: 1.6);
        // Common classes and rare ones.
        int[] pool = [.. Enumerable.Range(0, 300).Where(row => labels[row] < 3 || row % 15 == 0)];
        int[] start = [.. Enumerable.Range(0, 10).Select(label => 30 * label + 7)];

        var suggested = Suggestions.Rows(
            [.. pool.Select(row => ByMeans(start, row))], [.. pool.Select(row => features[row])], 20).Select(i => pool[i]).ToArray();

        var random = new Random(1);
        var drawn = Enumerable.Range(0, 20).Select(_ => Accuracy([.. start, .. random.GetItems(pool, 20)])).Average();
        Assert.True(Accuracy([.. start, .. suggested]) > drawn, $"{Accuracy([.. start, .. suggested])} is not more than {drawn}");

        float[] ByMeans(int[] known, int row)
        {
            var logits = Enumerable.Range(0, 10).Select(label => known.Where(k => labels[k] == label)
                .Select(k => 10 * TensorPrimitives.Dot<float>(features[k], features[row])).DefaultIfEmpty(-10).Average())
                .ToArray();
            var sum = logits.Sum(logit => Math.Exp(logit));
            return [.. logits.Select(logit => (float)(Math.Exp(logit) / sum))];
        }

        double Accuracy(int[] known) => Enumerable.Range(0, 300).Except(known)
            .Average(row => Array.IndexOf(ByMeans(known, row), ByMeans(known, row).Max()) == labels[row] ? 1.0 : 0);
    }

    [Fact]
    public void ACurveThatFallsAsAPowerIsContinued()
    {
        var fit = LearningCurveFit.Of([.. new[] { 1, 2, 4, 8, 16 }.Select(k => (k, 1 - 0.6 * Math.Pow(k, -0.5), 0.01))])!;

        Assert.Equal(0.6, fit.Error, 6);
        Assert.Equal(0.5, fit.Exponent, 6);
        Assert.Equal(1 - 0.6 / 8, fit.AccuracyAt(64), 6);
    }

    /// <summary>A curve that happens to fall promises nothing, and does not threaten either.</summary>
    [Fact]
    public void MorePicturesNeverHurt()
    {
        var fit = LearningCurveFit.Of([(1, 0.8, 0.01), (2, 0.78, 0.01), (4, 0.79, 0.01)])!;

        Assert.Equal(0, fit.Exponent);
        Assert.InRange(fit.AccuracyAt(1000), 0.78, 0.8);
    }

    [Fact]
    public void WithoutErrorsThereIsNothingToContinue() => Assert.Null(LearningCurveFit.Of([(1, 0.9, 0.01), (2, 1, 0), (4, 1, 0)]));
}
