using System.Security.Cryptography;
using System.Text;
using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Clip.Conversion.Zoo.Towers;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;

namespace Clip.Conversion.ModelFolders;

/// <summary>
/// A tokenizer of any kind and the model that it is for, fitted to each other. Texts are treated as Microsoft.ML.Clip treats them in the
/// model folder that will be written, for they go through the same files and the same code.
/// </summary>
internal sealed class ModelTokenizer
{
    private readonly ClipConfig? _config;
    private readonly Action<string> _write;

    private ModelTokenizer(ClipConfig? config, TokenRows rows, string hash, Action<string> write) =>
        (_config, Rows, Hash, _write) = (config, rows, hash, write);

    /// <summary>The model's sizes, with what the tokenizer decides of them; of a family of the zoo the config decides all.</summary>
    public ClipConfig Config => _config ?? throw new InvalidOperationException("A family of the zoo has a config of its own.");

    /// <summary>Makes a text tower's input of texts.</summary>
    public TokenRows Rows { get; }

    /// <summary>CLIP's kind of vocabulary; null for any other tokenizer.</summary>
    public BpeVocabulary? Vocabulary { get; private init; }

    /// <summary>What it is known by: equal where the same files make the same ids.</summary>
    public string Hash { get; }

    /// <summary>Entries of the vocabulary.</summary>
    public int Size => Rows.Tokenizer.VocabularySize;

    /// <summary>Opens a tokenizer for a model.</summary>
    /// <param name="path">Where it is, in one of <see cref="TokenizerFiles.Forms"/>.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="tableRows">
    /// Rows of the token embeddings that the model starts from, whose text tower is kept as it is; null where they are made for the
    /// tokenizer.
    /// </param>
    /// <exception cref="ClipException">There is none, it is damaged, or it does not fit the model.</exception>
    public static ModelTokenizer Open(string path, ClipConfig config, int? tableRows = null)
    {
        var source = TokenizerSource.Open(path);
        return source.Vocabulary is { } vocabulary ? Of(vocabulary, config, tableRows) : Other(source, config, tableRows);
    }

    /// <summary>CLIP's kind of vocabulary for a model.</summary>
    /// <inheritdoc cref="Open"/>
    public static ModelTokenizer Of(BpeVocabulary vocabulary, ClipConfig config, int? tableRows = null)
    {
        var text = config.Text;
        RequireRows(vocabulary.Size, tableRows);
        // Ids of a smaller vocabulary are the model's own only where texts end alike.
        if (tableRows > vocabulary.Size && !(text.Pooling == TextPooling.Eos && text.EosTokenId == vocabulary.EndOfTextId))
            throw new ClipException(
                $"The tokenizer has {vocabulary.Size} entries and the model {tableRows}; give the `Tokenizer` it was trained with.");
        config = (config with { Text = text with { Tokenizer = null } }).WithVocabulary(vocabulary);
        config = config with { Text = config.Text with { VocabSize = tableRows ?? vocabulary.Size } };
        var (length, needsFullContext) = (config.Text.ContextLength, config.Text.NeedsFullContext);
        Action<string> write = folder => vocabulary.Save(folder, length, needsFullContext);
        return new(config, TokenizerFolder.Rows("the vocabulary", config, write), HashOf(vocabulary), write) { Vocabulary = vocabulary };
    }

    /// <summary>What a vocabulary of CLIP's kind is known by.</summary>
    public static string HashOf(BpeVocabulary vocabulary)
    {
        var lines = vocabulary.Ids.OrderBy(p => p.Value).Select(p => p.Key).Concat(vocabulary.Merges.Select(m => $"{m.Left} {m.Right}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))))[..12];
    }

    /// <summary>A tokenizer for a model of one of the zoo's families.</summary>
    /// <param name="files">The model's config.</param>
    /// <param name="model">What it says.</param>
    /// <param name="path">Where the tokenizer is.</param>
    /// <exception cref="ClipException">There is none of the kind, it is damaged, or it does not fit the model.</exception>
    public static ModelTokenizer Of(ZooFiles files, ZooModel model, string path)
    {
        var write = ZooFolder.Tokenizer(files, model.Text!, path, new CompanionFiles(null))!;
        var rows = TokenizerFolder.Rows(path, files.ForFolder(model), write, model.Text!.NeedsFullContext, model.Text.TakesMask);
        // Where a text ends the feature is read.
        var isReadAtEnd = model.Text is OpenClipText { HasClassToken: false } own
            && (own.Pooling == TextPooling.Eos || (own.Pooling == TextPooling.Argmax && !files.NamesTokenizer));
        if (isReadAtEnd) RequireEnd(rows.Tokenizer, path, ((OpenClipText)model.Text).EosId);
        return new(null, rows, HashOf(rows.Tokenizer), write);
    }

    /// <summary>Writes the tokenizer's files into a folder.</summary>
    public void Write(string folder) => _write(folder);

    private static ModelTokenizer Other(TokenizerSource source, ClipConfig config, int? tableRows)
    {
        // What the model's own config says of its texts counts before what a tokenizer's folder was used for.
        var named = config.Text.Tokenizer ?? source.Named;
        config = config with { Text = config.Text with { Tokenizer = config.IsOpenClips ? named : null } };
        var isSaid = config.IsOpenClips || (named == source.Named && !source.IsOfOpenClips);
        if (!isSaid && named is not null) source = source.Keeping(named);
        var rows = TokenizerFolder.Rows(source.Path, config, source.CopyTo);
        return new(Fit(config, rows.Tokenizer, source.Path, tableRows), rows, HashOf(rows.Tokenizer), source.CopyTo);
    }

    private static ClipConfig Fit(ClipConfig config, TextTokenizer tokenizer, string source, int? tableRows)
    {
        RequireRows(tokenizer.VocabularySize, tableRows);
        var text = config.Text with { VocabSize = tableRows ?? tokenizer.VocabularySize };
        var isReadAtEnd = text.Pooling is TextPooling.Eos or TextPooling.Argmax;
        if (tableRows is not null)
        {
            if (text.Pooling == TextPooling.Eos) RequireEnd(tokenizer, source, text.EosTokenId);
            return config with { Text = text };
        }

        if (isReadAtEnd && tokenizer.EndId is null)
            throw new ClipException(
                $"The tokenizer {source} puts no token behind a text, but the model reads it there; give another `Tokenizer`, or a config "
                + "whose text tower has the pool_type last.");
        return config with
        {
            Text = text with
            {
                BosTokenId = tokenizer.StartId ?? 0,
                EosTokenId = tokenizer.EndId ?? 0,
                Pooling = isReadAtEnd ? TextPooling.Eos : text.Pooling,
            },
        };
    }

    /// <summary>Refuses a tokenizer that ends texts with another token than the one at which the model reads them.</summary>
    private static void RequireEnd(TextTokenizer tokenizer, string source, int readAt)
    {
        if (tokenizer.EndId != readAt)
            throw new ClipException(
                $"The tokenizer {source} ends a text with {tokenizer.EndId?.ToString() ?? "no token"} but the model reads it at "
                + $"{readAt}; give the `Tokenizer` it was trained with.");
    }

    private static void RequireRows(int entries, int? tableRows)
    {
        if (entries > tableRows)
            throw new ClipException(
                $"The tokenizer has {entries} entries but the model only {tableRows}; give the `Tokenizer` it was trained with.");
    }

    /// <summary>Of all that decides the ids.</summary>
    private static string HashOf(TextTokenizer tokenizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in tokenizer.Files())
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {content.Length}\n"));
            hash.AppendData(content);
        }

        if (tokenizer is SiglipTokenizer { Cleaning: { } cleaning }) hash.AppendData(Encoding.UTF8.GetBytes(cleaning));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}
