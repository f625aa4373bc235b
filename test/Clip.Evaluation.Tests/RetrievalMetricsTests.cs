using Clip.Evaluation;


namespace Clip.Evaluation.Tests;

public sealed class RetrievalMetricsTests
{
    [Fact]
    public void ARankIsHowManyAreMoreSimilar()
    {
        // Text 0 lies nearer to image 1 than text 1 does; all else is in order.
        float[][] images = [[1, 0], [0.6f, 0.8f]];
        float[][] texts = [[0.8f, 0.6f], [0, 1]];

        var metrics = RetrievalMetrics.Compute(images, texts);

        Assert.Equal([0.5, 1, 1], metrics.ImageToText);
        Assert.Equal([0.5, 1, 1], metrics.TextToImage);
    }

    [Fact]
    public void AnyOfAnImagesCaptionsWillDo()
    {
        float[][] images = [[1, 0], [0, 1]];
        float[][] texts = [[0, 1], [1, 0], [0.6f, 0.8f]];

        var metrics = RetrievalMetrics.Compute(images, texts, imageOfText: [0, 0, 1]);

        Assert.Equal(0.5, metrics.ImageToText[0]); // image 0 finds its second caption; image 1 finds one of image 0's
        Assert.Equal(2 / 3.0, metrics.TextToImage[0], 12); // the first caption finds the wrong image
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ATowerThatCollapsedFindsNothing(int captions)
    {
        const int count = 20;
        float[][] images = [.. Enumerable.Range(0, count).Select(i => new[] { MathF.Cos(i), MathF.Sin(i) })];
        float[][] texts = [.. Enumerable.Repeat(new[] { 1f, 0f }, count * captions)];

        var metrics = RetrievalMetrics.Compute(images, texts, [.. Enumerable.Range(0, texts.Length).Select(t => t / captions)]);

        Assert.Equal(1.0 / count, metrics.ImageToText[0], 12); // its captions' share of all captions
        Assert.Equal(1.0 / count, metrics.TextToImage[0], 12); // the same image is first for all
        Assert.Equal(5.0 / count, metrics.TextToImage[1], 12);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void FeaturesThatAreNoNumbersAreAnError(float value)
    {
        float[][] features = [[1, 0], [0, 1], [value, 0]];

        var error = Assert.Throws<ClipException>(() => RetrievalMetrics.Compute(features, features));

        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageWithoutATextIsAnError()
    {
        float[][] images = [[1, 0], [0, 1]];

        var error = Assert.Throws<ArgumentException>(() => RetrievalMetrics.Compute(images, [[1, 0]], imageOfText: [0]));

        Assert.StartsWith("Image 1 has no text to find.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecallsAreWrittenForTheEye() =>
        Assert.Equal("R@1 12.3 % R@5 50.0 % R@10 100.0 %", RetrievalMetrics.Describe([0.1234, 0.5, 1]));
}
