using Clip.Trainer.Objectives;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

public class ConVirtLossTests
{
    // Cosines [[1, 0.6], [0, 0.8]].
    private static readonly double[,] Images = { { 1, 0 }, { 0, 1 } };
    private static readonly double[,] Texts = { { 1, 0 }, { 0.6, 0.8 } };

    [Fact]
    public void DirectionsAreWeighted()
    {
        using var scope = NewDisposeScope();

        var loss = ConVirtLoss.Compute(tensor(Images), tensor(Texts), tensor(10.0));

        // Logits [[10, 6], [0, 8]]: an image's rivals stand in its row, a text's in its column.
        var imagePicks = (Rival(4) + Rival(8)) / 2;
        var textPicks = (Rival(10) + Rival(2)) / 2;
        Assert.Equal(0.75 * imagePicks + 0.25 * textPicks, loss.item<double>(), 12);
    }

    [Fact]
    public void GradientsMatchDifferences()
    {
        using var scope = NewDisposeScope();
        var texts = tensor(Texts);

        Gradients.AssertMatchDifferences(images => ConVirtLoss.Compute(images, texts, tensor(2.0)), tensor(Images));
        Gradients.AssertMatchDifferences(x => ConVirtLoss.Compute(tensor(Images), x, tensor(2.0)), texts);
    }

    /// <summary>The cross-entropy of a logit over its only rival.</summary>
    private static double Rival(double ahead) => Math.Log(1 + Math.Exp(-ahead));
}
