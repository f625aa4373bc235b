using Clip.Trainer.Objectives;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

public class CaptionLossTests
{
    private const long Start = 3, End = 4;

    [Fact]
    public void AReversedTextStartsWithItsEnd()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new[,] { { Start, 1, 2, End }, { Start, 2, End, 0 } });

        var reversed = CaptionLoss.Reverse(ids, TokenMask.Ends(ids, End));

        Assert.Equal([End, 2, 1, Start], reversed[0].data<long>().ToArray());
        Assert.Equal([End, 2, Start], reversed[1].data<long>().ToArray()[..3]);
    }

    [Fact]
    public void EachTokenIsPredictedFromTheRowBeforeAndPaddingCountsNothing()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new[,] { { Start, 1, End }, { Start, End, 0 } });
        var rows = log(tensor(new[, ,]
        {
            { { 1.0, 2, 1, 1, 5 }, { 1, 1, 1, 1, 4 }, { 9, 9, 9, 9, 9 } },
            { { 1, 1, 1, 1, 6 }, { 9, 9, 9, 9, 9 }, { 9, 9, 9, 9, 9 } },
        }));

        var likelihoods = CaptionLoss.LogLikelihoods(x => x, rows.to_type(ScalarType.Float32), ids, TokenMask.Ends(ids, End));

        double[] expected = [Math.Log(2 / 10.0), Math.Log(4 / 8.0), Math.Log(6 / 10.0), 0];
        var actual = likelihoods.data<float>().ToArray();
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 5);
    }
}
