using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Pipeline;

namespace Microsoft.ML.Clip;

/// <summary>
/// A text tower's tokenizer: <see cref="ClipTokenizer"/>, <see cref="SiglipTokenizer"/>, or <see cref="PipelineTokenizer"/> for all
/// others. Immutable and thread-safe.
/// </summary>
public abstract class TextTokenizer
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
        var tokens = EncodeText(text);
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
    public abstract string Decode(IEnumerable<int> ids);

    /// <summary>The ids before every text.</summary>
    private protected abstract ReadOnlySpan<int> Before { get; }

    /// <summary>The ids after every text.</summary>
    private protected abstract ReadOnlySpan<int> After { get; }

    /// <summary>Whether too long a text loses its beginning, not its end.</summary>
    private protected virtual bool CutsLeft => false;

    /// <summary>The text's own ids.</summary>
    private protected abstract IReadOnlyList<int> EncodeText(string text);

    /// <summary>The id of a token by its name, or null.</summary>
    internal abstract int? IdOf(string token);

    /// <summary>The files, by name, that a saved model keeps.</summary>
    internal abstract IReadOnlyList<(string Name, byte[] Content)> Files();
}
