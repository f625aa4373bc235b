using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>What a folder's config and tokenizer say together of how texts become a text tower's input.</summary>
/// <param name="Config">Its <c>config.json</c>.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="PaddingToken">The padding token that the tokenizer's files name, if they do.</param>
internal sealed record TextFolder(ClipFolderConfig Config, TextTokenizer Tokenizer, string? PaddingToken)
{
    /// <summary>
    /// The longest token sequence that the files tell. A tokenizer's limit may be below the number of positions: XLM-R's has 512, and its
    /// model 514, of which two are for other uses.
    /// </summary>
    public int? ContextLength => Config.ContextLength is { } positions
        ? Math.Min(positions, (Tokenizer as PipelineTokenizer)?.MaxLength ?? positions)
        : null;

    /// <summary>How its texts are padded.</summary>
    public TextPadding Padding => TextPadding.Find(Config.IsCausal, Tokenizer, PaddingToken);

    /// <summary>Opens a folder that has its tokenizer beside its <c>config.json</c>; there need be no towers.</summary>
    /// <inheritdoc cref="TextTokenizer.Open"/>
    public static TextFolder Open(string folder) => new(
        ClipFolderConfig.Read(Path.Combine(folder, "config.json")), TextTokenizer.Open(folder), VocabularyReader.PaddingToken(folder));

    /// <summary>Texts for a tower that no file describes yet.</summary>
    /// <param name="hasFixedLength">Whether it takes rows of the context's length only, which are the config's positions.</param>
    /// <param name="takesMask">Whether it takes an <c>attention_mask</c>.</param>
    public TokenRows Rows(bool hasFixedLength, bool takesMask)
    {
        var length = (hasFixedLength ? Config.ContextLength : ContextLength) ?? Tokenizer.PublishedContextLength;
        return new(Tokenizer, length, Padding) { HasFixedLength = hasFixedLength, TakesMask = takesMask };
    }
}
