using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>What training leaves out by chance: patches of pictures (FLIP), and branches of blocks (timm's DropPath).</summary>
public sealed class LeftOutTests : IDisposable
{
    private readonly Noise _noise = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _noise.Dispose();
    }

    [Theory]
    [InlineData(9, 0.5, 4)]
    [InlineData(16, 0.25, 12)]
    [InlineData(4, 0.99, 1)] // one is always kept
    public void TheClassTokenAndAShareOfThePatchesAreKept(int patches, double share, int kept)
    {
        using var noise = StepNoise.Use(1);
        var tokens = _noise.Draw(6, 1 + patches, 3);

        var left = PatchDropout.Apply(tokens, share);

        Assert.Equal([6, 1 + kept, 3], left.shape);
        Assert.True(left.select(1, 0).equal(tokens.select(1, 0)).all().item<bool>());
        var chosen = Enumerable.Range(0, 6).Select(picture =>
        {
            var own = Rows(tokens[picture])[1..];
            return Rows(left[picture])[1..].Select(row => Array.FindIndex(own, token => token.SequenceEqual(row))).ToArray();
        }).ToArray();
        Assert.All(chosen, places => Assert.DoesNotContain(-1, places)); // whole patches, of the picture's own
        Assert.All(chosen, places => Assert.Equal(kept, places.Distinct().Count()));
        Assert.True(chosen.Select(places => string.Join(' ', places.Order())).Distinct().Count() > 1); // others of each picture
    }

    /// <summary>A picture goes past the block or through it, and there its branch is larger, so that in the mean nothing changes.</summary>
    [Theory]
    [InlineData(0.25)]
    [InlineData(0.8)]
    public void ABranchIsLeftOutForAShareOfThePicturesAndLargerForTheOthers(double share)
    {
        using var unused = no_grad();
        using var noise = StepNoise.Use(1);
        using var stage = new ConvNextStage(inputs: null, width: 4, [share], eps: 1e-6);
        foreach (var parameter in stage.parameters()) parameter.copy_(_noise.Draw(parameter.shape));
        var pictures = _noise.Draw(200, 3, 3, 4);
        stage.eval();
        var branch = stage.forward(pictures) - pictures;
        Assert.True(branch.abs().flatten(1).mean([1]).min().item<float>() > 1e-3);

        stage.train();
        var added = stage.forward(pictures) - pictures;

        var expected = branch / (1 - share);
        var passed = 0;
        for (var i = 0; i < 200; i++)
        {
            if (added[i].abs().max().item<float>() == 0) passed++;
            else Assert.InRange((added[i] - expected[i]).abs().max().item<float>(), 0, 1e-3 * expected[i].abs().max().item<float>());
        }

        Assert.InRange(passed / 200.0, share - 0.1, share + 0.1);
    }

    private static float[][] Rows(Tensor rows) => [.. rows.contiguous().data<float>().ToArray().Chunk((int)rows.shape[1])];
}
