using Clip.Trainer.Data;

namespace Clip.Trainer.Tests.Data;

public class AugmentationTests
{
    private static readonly byte[] Picture = [200, 100, 50, 0, 10, 20, 30, 0, 255, 0, 128, 0, 60, 60, 60, 0];

    [Fact]
    public void FlippingMirrorsEachRow()
    {
        var pixels = Picture.ToArray();
        PixelChanges.Flip(pixels, width: 2);

        Assert.Equal<byte>([10, 20, 30, 0, 200, 100, 50, 0, 60, 60, 60, 0, 255, 0, 128, 0], pixels);
    }

    [Fact]
    public void FactorsOfOneChangeNothing()
    {
        var pixels = Picture.ToArray();
        PixelChanges.Color(pixels, 1, 1, 1);

        Assert.Equal(Picture, pixels);
    }

    [Theory]
    [InlineData(0.5f, 1, 1)]
    [InlineData(1, 0.5f, 1)]
    [InlineData(1, 1.5f, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1.3f, 0.8f, 0.6f)]
    public void ColourChangesAreTorchvisionsStepsInTurn(float brightness, float contrast, float saturation)
    {
        var pixels = Picture.ToArray();
        PixelChanges.Color(pixels, brightness, contrast, saturation);

        var bright = Picture.Select(v => (double)v * brightness).ToArray();
        var mean = Enumerable.Range(0, 4).Average(p => Grey(bright, p));
        var contrasted = bright.Select(v => (contrast * v) + ((1 - contrast) * mean)).ToArray();
        for (var p = 0; p < 4; p++)
        {
            for (var c = 0; c < 3; c++)
            {
                var expected = (saturation * contrasted[(4 * p) + c]) + ((1 - saturation) * Grey(contrasted, p));
                Assert.InRange(pixels[(4 * p) + c], Math.Clamp(expected, 0, 255) - 0.51, Math.Clamp(expected, 0, 255) + 0.51);
            }
        }

        static double Grey(double[] v, int p) => (0.299 * v[4 * p]) + (0.587 * v[(4 * p) + 1]) + (0.114 * v[(4 * p) + 2]);
    }
}
