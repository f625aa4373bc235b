using Clip.Trainer.Evaluation;

namespace Clip.Trainer.Tests.Evaluation;

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
}
