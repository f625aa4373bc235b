namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// Texts as a text tower gets them, in use and in training alike: rows of token ids of one length, and the mask that hides what they are
/// filled up with.
/// </summary>
/// <param name="Tokenizer">Makes the ids.</param>
/// <param name="ContextLength">The most ids of a text.</param>
/// <param name="Padding">What texts are filled up with, and where.</param>
internal sealed record TokenRows(TextTokenizer Tokenizer, int ContextLength, TextPadding Padding)
{
    /// <summary>Whether the tower takes rows of <see cref="ContextLength"/> only, whatever the padding.</summary>
    public bool HasFixedLength { get; init; }

    /// <summary>Whether the tower is told by an <c>attention_mask</c> which ids are padding.</summary>
    public bool TakesMask { get; init; }

    /// <summary>Whether a text longer than the context is cut rather than refused.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>The text's tokens and those around it, no padding.</summary>
    public int[] Tokenize(string text, out bool truncated) => Tokenizer.Encode(text, ContextLength, Truncate, out truncated);

    /// <summary>The length of rows; one of padding where a tokenizer puts nothing around an empty text.</summary>
    /// <param name="longest">The ids of the longest text among them.</param>
    public int LengthOf(int longest) => HasFixedLength || Padding.ToContext ? ContextLength : Math.Max(1, longest);

    /// <summary>Whether texts of different lengths do not share rows of one length, for nothing would hide the padding.</summary>
    public bool RunApart => !TakesMask && !HasFixedLength && !Padding.ToContext && Padding.IsHidden;

    /// <summary>Writes a text's ids, and the padding, into its row.</summary>
    public void FillIds(ReadOnlySpan<int> text, Span<long> row)
    {
        row.Fill(Padding.Id);
        var start = Padding.IsLeft ? row.Length - text.Length : 0;
        for (var i = 0; i < text.Length; i++) row[start + i] = text[i];
    }

    /// <summary>Writes 1 for the ids that are attended to, and 0 for hidden padding.</summary>
    public void FillMask(ReadOnlySpan<int> text, Span<long> row)
    {
        // Where padding is part of the input it is attended to.
        var tokens = Padding is { ToContext: true, IsHidden: false } ? row.Length : text.Length;
        row.Clear();
        row.Slice(Padding.IsLeft ? row.Length - tokens : 0, tokens).Fill(1);
    }
}
