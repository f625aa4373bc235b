using Clip.Trainer.Objectives;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

public class BagOfWordsLossTests
{
    private const long Start = 6, End = 7;

    [Fact]
    public void ABagHasEachWordOnceAndNeitherStartNorEndNorPadding()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new[,] { { Start, 3, 1, 3, End, 0 }, { Start, 0, End, 5, 5, 5 }, { Start, End, 0, 0, 0, 0 } });

        var bags = BagOfWordsLoss.Bags(ids, vocabSize: 8, End);

        float[] expected = [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(expected, bags.data<float>().ToArray());
    }

    [Fact]
    public void WordsShareOneSoftmax()
    {
        using var scope = NewDisposeScope();
        // Probabilities 1/8, 2/8, 5/8.
        var logits = tensor(new[,] { { Math.Log(1), Math.Log(2), Math.Log(5) } });

        var loss = BagOfWordsLoss.Compute(logits, tensor(new double[,] { { 0, 1, 1 } }));

        Assert.Equal(-(Math.Log(2 / 8.0) + Math.Log(5 / 8.0)) / 2, loss.item<double>(), 12);
    }

    [Fact]
    public void GradientsMatchDifferences()
    {
        using var scope = NewDisposeScope();
        var bags = tensor(new double[,] { { 0, 1, 1, 0 }, { 1, 0, 0, 0 } });

        Gradients.AssertMatchDifferences(
            logits => BagOfWordsLoss.Compute(logits, bags), tensor(new[,] { { 0.3, -1, 2, 0.5 }, { 1, 1, -0.5, 0 } }));
    }

    [Fact]
    public void TheTextThatIsMeantBeatsItsPartsAndWhatHasMore()
    {
        using var scope = NewDisposeScope();
        // Half "red", half "heart", next to no "sun".
        var logits = tensor(new[,] { { 5.0, 5, -5 } });
        var labels = tensor(new double[,] { { 1, 1, 0 }, { 1, 0, 0 }, { 1, 1, 1 } });

        var scores = BagOfWordsLoss.Scores(logits, labels).data<double>().ToArray();

        Assert.InRange(scores[0], -1e-4, 0);
        Assert.Equal(Math.Log(0.5), scores[1], 3);
        Assert.True(scores[2] < scores[1], string.Join(' ', scores));
    }
}
