namespace Clip.Data;

/// <summary>The pairs of one step, ready for the model.</summary>
/// <param name="Step">The step they are for, counted from 0 over the whole run.</param>
/// <param name="Count">Pairs B in the batch; broken images are left out.</param>
/// <param name="Pixels">B × 3 × S × S normalized floats.</param>
/// <param name="InputIds">
/// B × L token ids, filled up as the model's text tower has them in use; −1 − id where its <c>attention_mask</c> hides padding.
/// </param>
/// <param name="TextLength">L: the batch's longest text, or the context's length for a tower that takes no other.</param>
public sealed record PairBatch(long Step, int Count, float[] Pixels, long[] InputIds, int TextLength)
{
    /// <summary>The B records' names, in the same order.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The B captions, in the same order: what is shown of them is in <see cref="InputIds"/>.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];
}
