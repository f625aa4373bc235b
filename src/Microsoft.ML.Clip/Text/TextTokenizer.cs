using System.Buffers;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Pipeline;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// A text tower's tokenizer: <see cref="ClipTokenizer"/>, <see cref="SiglipTokenizer"/>, or <see cref="PipelineTokenizer"/> for all
/// others. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// It is a <see cref="Tokenizer"/>, for all that takes one: <c>EncodeToIds</c>, <c>EncodeToTokens</c> and <c>CountTokens</c> give the
/// text's own tokens, without those that the model puts around every text, which <see cref="Encode(string, int?, bool)"/> adds. Offsets
/// are places in the normalized text: cleaned, and for SigLIP with U+2581 for spaces. Without <c>considerNormalization</c> the text is
/// taken as clean already.
/// </remarks>
public abstract class TextTokenizer : Tokenizer
{
    private protected TextTokenizer()
    {
    }

    /// <summary>The number of rows an embedding table for these ids needs; 49408 for CLIP's vocabulary.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The number of tokens of published models, those around a text included: 77 for CLIP, 64 for SigLIP.</summary>
    public abstract int PublishedContextLength { get; }

    /// <summary>The files that <see cref="Open(string)"/> looks for, for messages.</summary>
    internal static string FileNames => "tokenizer.json, vocab.json with merges.txt, spiece.model or tokenizer.model";

    /// <summary>Opens the tokenizer of a model folder, whichever it is.</summary>
    /// <param name="folder">
    /// A folder with <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>, or <c>spiece.model</c> or <c>tokenizer.model</c>;
    /// the first of these that is there counts.
    /// </param>
    /// <exception cref="FileNotFoundException">The folder has none; the message says what was looked for.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or holds a tokenizer of another kind.</exception>
    public static TextTokenizer Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(path))
        {
            using var json = JsonFile.Read(path, RegularFile.MaxTokenizer);
            switch (TokenizerKinds.Of(json.RootElement, folder))
            {
                case TokenizerKind.Pipeline:
                    return PipelineTokenizer.Create(folder);
                case TokenizerKind.Siglip:
                    return SiglipTokenizer.FromFile(path);
            }
        }

        return SiglipTokenizer.FindFile(folder) is { } file ? SiglipTokenizer.FromFile(file) : ClipTokenizer.Create(folder);
    }

    /// <summary>Encodes a text: its tokens between those that the model puts around every text; not padded.</summary>
    /// <param name="text">Any text; empty gives the tokens around it alone.</param>
    /// <param name="contextLength">The most ids to give; default <see cref="PublishedContextLength"/>.</param>
    /// <param name="truncate">Whether to cut longer texts, with end of text as the last id, or to refuse them.</param>
    /// <exception cref="ArgumentException">
    /// The text is longer than <paramref name="contextLength"/> and <paramref name="truncate"/> is false.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="contextLength"/> has no room for a token of the text.
    /// </exception>
    public int[] Encode(string text, int? contextLength = null, bool truncate = true) =>
        Encode(text, contextLength ?? PublishedContextLength, truncate, out _);

    /// <inheritdoc cref="Encode(string, int?, bool)"/>
    /// <param name="text">Any text; empty gives the tokens around it alone.</param>
    /// <param name="contextLength">The most ids to give.</param>
    /// <param name="truncate">Whether to cut longer texts, with end of text as the last id, or to refuse them.</param>
    /// <param name="truncated">Whether the text was cut.</param>
    public int[] Encode(string text, int contextLength, bool truncate, out bool truncated)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(contextLength, Before.Length + After.Length - 1);
        var tokens = EncodeText(text, normalize: true);
        var length = Before.Length + tokens.Count + After.Length;
        truncated = length > contextLength;
        if (truncated && !truncate)
        {
            var shown = text.Length <= 60 ? text : text[..60] + "…";
            throw new ArgumentException(
                $"The text '{shown}' has {length} tokens, more than the context length {contextLength}; shorten it or allow truncation.",
                nameof(text));
        }

        var ids = new int[Math.Min(length, contextLength)];
        Before.CopyTo(ids);
        var skipped = CutsLeft ? length - ids.Length : 0;
        for (var i = Before.Length; i < ids.Length - After.Length; i++) ids[i] = tokens[skipped + i - Before.Length];
        After.CopyTo(ids.AsSpan(ids.Length - After.Length));
        return ids;
    }

    /// <summary>The text that ids stand for, as readable as the cleaning before encoding left it.</summary>
    /// <param name="ids">What <see cref="Encode(string, int?, bool)"/> gave, or a part of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public abstract override string Decode(IEnumerable<int> ids);

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        int[] all = [.. ids];
        var text = Decode(all);
        idsConsumed = all.Length;

        while (text.Length > destination.Length && idsConsumed > 0) text = Decode(all.Take(--idsConsumed));
        text.CopyTo(destination);
        charsWritten = text.Length;
        return idsConsumed == all.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var tokens = EncodeTokens(text ?? textSpan.ToString(), settings.ConsiderNormalization, out var normalized);
        if (tokens.Count <= settings.MaxTokenCount)
            return new() { Tokens = tokens, NormalizedText = normalized, CharsConsumed = normalized.Length };
        var kept = Kept(tokens, settings.MaxTokenCount);
        return new() { Tokens = kept, NormalizedText = normalized, CharsConsumed = kept.Length == 0 ? 0 : kept[^1].Offset.End.Value };
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        text ??= textSpan.ToString();

        // Where a text is cut matters only if it is; ids alone are quicker.
        if (settings.MaxTokenCount == int.MaxValue) return new() { Tokens = EncodeText(text, settings.ConsiderNormalization) };
        var encoded = EncodeToTokens(text, default, settings);
        return new()
        {
            Tokens = [.. encoded.Tokens.Select(token => token.Id)],
            NormalizedText = encoded.NormalizedText,
            CharsConsumed = encoded.CharsConsumed,
        };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        EncodeToIds(text, textSpan, settings).Tokens.Count;

    /// <summary>The ids before every text.</summary>
    private protected abstract ReadOnlySpan<int> Before { get; }

    /// <summary>The ids after every text.</summary>
    private protected abstract ReadOnlySpan<int> After { get; }

    /// <summary>Whether too long a text loses its beginning, not its end.</summary>
    private protected virtual bool CutsLeft => false;

    /// <summary>The text's own ids.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalize">Whether to clean it first.</param>
    private protected abstract IReadOnlyList<int> EncodeText(string text, bool normalize);

    /// <summary>The text's own tokens, with their places in <paramref name="normalized"/>.</summary>
    private protected abstract IReadOnlyList<EncodedToken> EncodeTokens(string text, bool normalize, out string normalized);

    /// <summary>The first tokens, but no part of a character: tokens of one place are the bytes of one.</summary>
    private static EncodedToken[] Kept(IReadOnlyList<EncodedToken> tokens, int most)
    {
        while (most > 0 && tokens[most].Offset.Start.Value < tokens[most - 1].Offset.End.Value) most--;
        return [.. tokens.Take(most)];
    }

    /// <summary>The first of the ids before every text; null where there are none.</summary>
    internal int? StartId => Before is [var first, ..] ? first : null;

    /// <summary>The last of the ids after every text, where a tower that is read at the end of text finds it; null without any.</summary>
    internal int? EndId => After is [.., var last] ? last : null;

    /// <summary>The id of a token by its name, or null.</summary>
    internal abstract int? IdOf(string token);

    /// <summary>The files, by name, that a saved model keeps.</summary>
    internal abstract IReadOnlyList<(string Name, byte[] Content)> Files();
}
