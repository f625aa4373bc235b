using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// The word vectors that token embeddings start from. In training a share of the words is read as the vector, not as what it has become:
/// so the tower goes on to understand vectors, which is all that words have that no caption has, while those of the captions become what
/// tells their pictures apart best.
/// </summary>
/// <param name="vectors">[V, W] the embeddings as they start.</param>
/// <param name="isWord">[V] bool, which of them are word vectors.</param>
internal sealed class WordAnchors(Tensor vectors, Tensor isWord) : IDisposable
{
    /// <summary>The share of words that is read as their vectors; found on the emoji (docs/small-data.md).</summary>
    public const double Share = 0.3;

    private Tensor _vectors = vectors;
    private Tensor _isWord = isWord;

    /// <summary>Puts vectors in the place of some words' embeddings.</summary>
    /// <param name="ids">[B, L] int64.</param>
    /// <param name="embedded">[B, L, W], what they have become.</param>
    /// <returns>[B, L, W]; gradients go to the embeddings that are read.</returns>
    public Tensor Apply(Tensor ids, Tensor embedded)
    {
        MoveTo(ids.device);
        using var scope = NewDisposeScope();
        using Scalar share = Share;
        var flat = ids.flatten();
        var anchored = StepNoise.Uniform(ids.device, ids.shape[0], ids.shape[1]).lt(share)
            .logical_and(_isWord.index_select(0, flat).view(ids.shape)).unsqueeze(-1);
        return where(anchored, _vectors.index_select(0, flat).view(embedded.shape), embedded).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _vectors.Dispose();
        _isWord.Dispose();
    }

    private void MoveTo(Device device)
    {
        if (_vectors.device.type == device.type && _vectors.device.index == device.index) return;
        var (vectors, isWord) = (_vectors, _isWord);
        (_vectors, _isWord) = (vectors.to(device).DetachFromDisposeScope(), isWord.to(device).DetachFromDisposeScope());
        vectors.Dispose();
        isWord.Dispose();
    }
}
