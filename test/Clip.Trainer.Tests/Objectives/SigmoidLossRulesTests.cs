using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

/// <summary>SigLIP's loss number by number (Zhai et al. 2023, algorithm 1), and what each objective asks of a model.</summary>
public sealed class SigmoidLossRulesTests
{
    private static readonly double[][] Images = [[1, 0], [0.6, 0.8], [0, 1]], Texts = [[0.8, 0.6], [1, 0], [0, -1]];

    /// <summary>Every image is asked of every text whether they belong together; a pair counts one, so the sum is over the pairs.</summary>
    [Theory]
    [InlineData(10, -10)]
    [InlineData(2, 0.5)]
    public void EveryPairOfTheBatchIsAQuestionOfItsOwn(double scale, double bias)
    {
        using var scope = NewDisposeScope();
        var (image, text) = (Rows(Images), Rows(Texts));
        var expected = 0.0;
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 3; j++)
            {
                var logit = (scale * Images[i].Zip(Texts[j], (a, b) => a * b).Sum()) + bias;
                expected += Math.Log(1 + Math.Exp(i == j ? -logit : logit)) / 3;
            }
        }

        Assert.Equal(expected, SigmoidLoss.Compute(image, text, tensor(scale), tensor(bias)).item<double>(), 1e-6);
        // Of its rows a rank has its share, and together they have all.
        var shares = new[] { (First: 0, Count: 1), (First: 1, Count: 2) }.Sum(part =>
            SigmoidLoss.Share(image, text, tensor(scale), tensor(bias), part.First, part.Count).item<double>());
        Assert.Equal(expected, shares, 1e-6);
    }

    [Fact]
    public void GradientsMatchDifferences()
    {
        using var scope = NewDisposeScope();
        var (image, text) = (Rows(Images), Rows(Texts));

        Gradients.AssertMatchDifferences(x => SigmoidLoss.Compute(x, text, tensor(2.0), tensor(-1.0)), image);
        Gradients.AssertMatchDifferences(x => SigmoidLoss.Compute(image, x, tensor(2.0), tensor(-1.0)), text);
        Gradients.AssertMatchDifferences(x => SigmoidLoss.Compute(image, text, x, tensor(-1.0)), tensor(2.0));
        Gradients.AssertMatchDifferences(x => SigmoidLoss.Compute(image, text, tensor(2.0), x), tensor(-1.0));
    }

    /// <summary>What another objective asked of the model before is gone.</summary>
    [Theory]
    [InlineData(ObjectiveKind.Clip, TextSide.Tower, false, null, 2.6592600369)]
    [InlineData(ObjectiveKind.SigLip, TextSide.Tower, false, -10.0, 2.302585093)]
    [InlineData(ObjectiveKind.ConVirt, TextSide.Tower, true, null, 2.302585093)]
    [InlineData(ObjectiveKind.VirTex, TextSide.Captioner, false, null, 2.6592600369)]
    [InlineData(ObjectiveKind.Bow, TextSide.Words, false, null, 2.6592600369)]
    public void AnObjectiveMakesAModelItsOwn(ObjectiveKind kind, TextSide side, bool heads, double? bias, double scale)
    {
        var others = RandomResNet.Config with { TextSide = TextSide.Words, ProjectionHeads = true, LogitBiasInit = 3 };

        var config = kind.Config(others);

        Assert.Equal((side, heads, bias), (config.TextSide, config.ProjectionHeads, config.LogitBiasInit));
        Assert.Equal(scale, config.LogitScaleInit, 1e-9);
        Assert.Equal(kind, ObjectiveKinds.Of(config));
        using var module = kind.Create(config).Module;
        if (module is not ClipModel model) return;
        Assert.Equal(scale, model.LogitScale.item<float>(), 1e-6);
        Assert.Equal(bias, model.LogitBias?.item<float>());
        Assert.Equal(kind != ObjectiveKind.ConVirt, model.LogitScale.requires_grad);
    }

    /// <summary>Without an end a text ends where it was cut.</summary>
    [Fact]
    public void ATextEndsAtItsFirstEndOrAtItsLastToken()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new long[,] { { 6, 1, 7, 7 }, { 6, 1, 2, 7 }, { 6, 1, 2, 3 }, { 7, 1, 2, 7 } });

        Assert.Equal([2, 3, 3, 0], TokenMask.Ends(ids, 7).data<long>().ToArray());
        Assert.Equal(
            [false, true, false, false, false, true, true, false, false, true, true, false, false, false, false, false],
            TokenMask.Inner(ids, 7).data<bool>().ToArray());
    }

    private static Tensor Rows(double[][] rows) => tensor(rows.SelectMany(row => row).ToArray(), [3, 2]);
}
