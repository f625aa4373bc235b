using Clip.Evaluation;
using Clip.Testing;
using CsCheck;

namespace Clip.Evaluation.Tests;

/// <summary>Ranks and recalls against their definition, written out.</summary>
public sealed class RankingRulesTests
{
    /// <summary>The share of all orders that agree with the scores in which a right candidate is among the first k.</summary>
    [Fact]
    public void AHitIsItsShareOfTheOrdersThatTheScoresAllow() =>
        Gen.Select(Gen.Int[0, 2].Array[1, 6], Gen.Int[0, 63]).Holds(drawn =>
        {
            var scores = drawn.Item1.Select(score => (float)score).ToArray();
            var right = Enumerable.Range(0, scores.Length).Where(i => (drawn.Item2 >> i & 1) == 1).DefaultIfEmpty(0).ToArray();
            var orders = Orders(scores.Length).Where(o => o.Zip(o.Skip(1)).All(p => scores[p.First] >= scores[p.Second])).ToArray();

            var placing = Placing.Of(scores, right);

            for (var k = 1; k <= scores.Length + 1; k++)
                Assert.Equal(orders.Count(order => order.Take(k).Intersect(right).Any()) / (double)orders.Length, placing.Hit(k), 1e-12);
        }, count: 120);

    /// <summary>With images that share captions' directions, and several captions of an image in any order.</summary>
    [Fact]
    public void RecallsAreTheMeansOfHits() => Gen.Select(Gen.Int[1, 15], Gen.Int[0, 12], Gen.Int[0, 100_000]).Holds(drawn =>
    {
        var (count, more, seed) = drawn;
        var random = new Random(seed);
        var images = Features(count);
        // An image's first caption, and further ones of any image, all mixed.
        int[] imageOfText = [.. Enumerable.Range(0, count).Concat(Enumerable.Range(0, more).Select(_ => random.Next(count)))];
        random.Shuffle(imageOfText);
        var texts = Features(imageOfText.Length);

        var metrics = RetrievalMetrics.Compute(images, texts, imageOfText);

        for (var i = 0; i < RetrievalMetrics.Ks.Count; i++)
        {
            var k = RetrievalMetrics.Ks[i];
            var toText = images.Select((image, n) => Share(
                texts.Select(text => Dot(image, text)), [.. Enumerable.Range(0, texts.Length).Where(t => imageOfText[t] == n)], k));
            var toImage = texts.Select((text, t) => Share(images.Select(image => Dot(image, text)), [imageOfText[t]], k));
            Assert.Equal(toText.Average(), metrics.ImageToText[i], 1e-9);
            Assert.Equal(toImage.Average(), metrics.TextToImage[i], 1e-9);
        }

        // A few directions only, so that many tie.
        float[][] Features(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(5) switch
        {
            0 => [1, 0], 1 => [0, 1], 2 => [-1, 0], 3 => [0.6f, 0.8f], _ => new[] { 0.8f, 0.6f },
        })];
    }, count: 60);

    [Fact]
    public void RecallsAreNamedAsOpenClipsAre()
    {
        var metrics = new RetrievalMetrics([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]);

        Assert.Equal(
            [
                ("image_to_text_R@1", 0.1), ("image_to_text_R@5", 0.2), ("image_to_text_R@10", 0.3),
                ("text_to_image_R@1", 0.4), ("text_to_image_R@5", 0.5), ("text_to_image_R@10", 0.6),
            ],
            metrics.Values);
    }

    [Fact]
    public void FeaturesOfNothingAreRankedAsTies()
    {
        float[][] nothing = [[0, 0], [0, 0], [0, 0], [0, 0]];

        var metrics = RetrievalMetrics.Compute(nothing, nothing);

        Assert.Equal([0.25, 1, 1], metrics.ImageToText);
        Assert.Equal([0.25, 1, 1], metrics.TextToImage);
    }

    /// <summary>The chance that the best right one is among the first k, its equals in a random order.</summary>
    private static double Share(IEnumerable<float> candidates, int[] right, int k)
    {
        var scores = candidates.ToArray();
        var own = right.Max(i => scores[i]);
        var (better, equal) = (scores.Count(s => s > own), scores.Count(s => s == own));
        var rightOnes = right.Count(i => scores[i] == own);
        var missed = 1.0;
        for (var place = better; place < Math.Min(k, better + equal); place++)
            missed *= Math.Max(0, equal - rightOnes - (place - better)) / (double)(equal - (place - better));
        return k <= better ? 0 : 1 - missed;
    }

    private static float Dot(float[] a, float[] b) => (a[0] * b[0]) + (a[1] * b[1]);

    private static IEnumerable<int[]> Orders(int count) => count == 0
        ? [[]]
        : Orders(count - 1).SelectMany(
            order => Enumerable.Range(0, count).Select(at => (int[])[.. order[..at], count - 1, .. order[at..]]));
}
