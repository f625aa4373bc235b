namespace Microsoft.ML.Clip.Inference;

/// <summary>What a text tower's graph does not say of itself; saved with it.</summary>
internal sealed record TextTowerSettings
{
    /// <summary>Longest token sequence; null is the graph's, or the tokenizer's published one.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether a text longer than the context is cut rather than refused.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Side of the blank image that a combined graph gets, where it leaves the size open.</summary>
    public int? ImageSize { get; init; }

    public TextPadding Padding { get; init; } = new();
}

/// <summary>How the texts of a batch are made of one length.</summary>
internal sealed record TextPadding
{
    /// <summary>
    /// Whether each text is filled up to the context's length: where every token attends to every other (SigLIP), padding is part of the
    /// input. Else a batch is cut to its longest text.
    /// </summary>
    public bool ToContext { get; init; }

    /// <summary>The id to fill up with.</summary>
    public int Id { get; init; }

    /// <summary>Whether texts are filled up before their beginning.</summary>
    public bool IsLeft { get; init; }

    /// <summary>
    /// Whether padding is no part of the input: a mask hides it, and where the graph takes none, texts of different lengths run apart.
    /// </summary>
    public bool IsHidden { get; init; }

    /// <summary>How a folder's texts are padded.</summary>
    /// <param name="isCausal">What <c>config.json</c> says of the attention; where it says nothing, the tokenizer tells.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="named">The padding token that the tokenizer's files name, if they do.</param>
    public static TextPadding Find(bool? isCausal, TextTokenizer tokenizer, string? named)
    {
        if (tokenizer is PipelineTokenizer other)
        {
            // open_clip fills up to the context wherever its config speaks of the attention; Hugging Face's text towers have a mask.
            return new TextPadding { ToContext = isCausal is not null, Id = other.PaddingId, IsLeft = other.PadsLeft, IsHidden = true };
        }

        if (isCausal ?? tokenizer is ClipTokenizer)
            return new TextPadding { Id = tokenizer is ClipTokenizer clip ? clip.EndOfTextId : ((SiglipTokenizer)tokenizer).PaddingId };

        // open_clip pads with 0 where a tokenizer has no padding token.
        var id = named is not null ? tokenizer.IdOf(named) : null;
        return new TextPadding { ToContext = true, Id = id ?? (tokenizer as SiglipTokenizer)?.PaddingId ?? 0 };
    }
}
