using Clip.Conversion.Initialization;
using Clip.Trainer.Data;

namespace Clip.Trainer.Tests.Data;

public class RandomResizedCropTests
{
    [Theory]
    [InlineData(64, 64)]
    [InlineData(640, 427)]
    [InlineData(17, 301)]
    [InlineData(1, 1)]
    public void CropsLieInsideAndKeepToTheirBounds(int width, int height)
    {
        var crop = new RandomResizedCrop(0.5, 1);
        for (var i = 0; i < 500; i++)
        {
            var random = new SampleRandom(7, i);
            var (x, y, w, h) = crop.Draw(width, height, ref random);
            Assert.InRange(x, 0, width - w);
            Assert.InRange(y, 0, height - h);
            Assert.True(w > 0 && h > 0);
            // Rounding to whole pixels moves a small crop's ratio further.
            if (Math.Min(w, h) > 20) Assert.InRange((double)w / h, 0.75 * 0.95, 4.0 / 3 * 1.05);
        }
    }

    [Fact]
    public void TheWholeImageIsDrawnWhereNothingElseIsAllowed()
    {
        var random = new SampleRandom(1);

        Assert.Equal((0, 0, 30, 30), new RandomResizedCrop(1, 1, 1, 1).Draw(30, 30, ref random));
    }
}
