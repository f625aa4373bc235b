using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>Word vectors that token embeddings start from, as training reads them.</summary>
public sealed class WordAnchorsTests
{
    /// <summary>Three words in ten are read as their vectors, but no token that has none; gradients go to the others.</summary>
    [Fact]
    public void AShareOfTheWordsIsReadAsTheirVectors()
    {
        using var scope = NewDisposeScope();
        using var noise = StepNoise.Use(1, 2);
        using var anchors = new WordAnchors(zeros(4, 2), tensor(new[] { false, true, true, true }));
        var ids = arange(2000, ScalarType.Int64).remainder(4).view(20, 100);
        var embedded = ones(20, 100, 2).requires_grad_();

        var read = anchors.Apply(ids, embedded);
        read.sum().backward();

        var isVector = read.select(2, 0).eq(0);
        var share = isVector.logical_and(ids.ne(0)).sum().item<long>() / 1500.0;
        Assert.InRange(share, WordAnchors.Share - 0.04, WordAnchors.Share + 0.04);
        Assert.False(isVector.logical_and(ids.eq(0)).any().item<bool>());
        Assert.True(embedded.grad!.eq(read).all().item<bool>());
    }

    [Fact]
    public void AModelInUseReadsWhatTheTokensHaveBecome()
    {
        using var scope = NewDisposeScope();
        using var run = new TinyRun();
        using var model = new ClipModel(run.Tokenizer().Config);
        var ids = tensor(run.Tokenizer().Rows.Tokenize("a red wall", out _).Select(id => (long)id).ToArray()).unsqueeze(0);
        model.eval();
        var before = model.EncodeText(ids);
        var tokens = model.get_parameter("token_embedding.weight")!;
        model.AnchorTokens(new WordAnchors(
            zeros_like(tokens).DetachFromDisposeScope(), ones(tokens.shape[0], ScalarType.Bool).DetachFromDisposeScope()));

        Assert.True(model.StartsFromWords);
        Assert.Equal(before, model.EncodeText(ids));
        model.train();
        Assert.Contains(Enumerable.Range(0, 20), _ => !model.EncodeText(ids).Equals(before));
    }
}
