using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Repair;
using Microsoft.ML.Clip.Text.SentencePiece;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// SigLIP's tokenizers: SentencePiece unigram models over canonicalised texts (SigLIP), and SentencePiece BPE over lower-cased ones
/// (SigLIP 2, whose vocabulary is Gemma's). Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Texts are treated as by <c>transformers</c>; in a folder with <c>open_clip_config.json</c>, as by open_clip, which repairs them first
/// and, for SigLIP's models, takes out all punctuation. Read from <c>spiece.model</c> or <c>tokenizer.model</c>, or from a
/// <c>tokenizer.json</c> that describes the same. Equal to
/// SentencePiece's own ids on the test data, whose models were trained with it.
/// </remarks>
public sealed class SiglipTokenizer : TextTokenizer
{
    private const string Json = "tokenizer.json";

    private static readonly string[] ModelFiles = ["spiece.model", "tokenizer.model"];

    private readonly SentencePieceEncoder _encoder;
    private readonly string _name;
    private readonly byte[] _content;

    private readonly OpenClipCleaning? _cleaning;

    private SiglipTokenizer(string path, byte[] content, OpenClipCleaning? cleaning)
    {
        (_name, _content, _cleaning) = (Path.GetFileName(path), content, cleaning);
        if (_name == Json)
        {
            using var json = JsonFile.Parse(content, path);
            _encoder = SentencePieceJson.Read(json.RootElement, path, isCleaned: cleaning is not null);
        }
        else
        {
            _encoder = SentencePieceModelFile.Read(content, path, isCleaned: cleaning is not null);
        }
    }

    /// <inheritdoc/>
    public override int VocabularySize => _encoder.Vocabulary.Count;

    /// <inheritdoc/>
    public override int PublishedContextLength => 64;

    /// <summary>The id that texts are filled up with to the context's length.</summary>
    public int PaddingId => _encoder.PaddingId;

    private protected override ReadOnlySpan<int> Before => _encoder.Before;

    private protected override ReadOnlySpan<int> After => _encoder.After;

    /// <summary>Opens the SentencePiece tokenizer of a model folder.</summary>
    /// <param name="folder">A folder with <c>tokenizer.json</c>, <c>spiece.model</c> or <c>tokenizer.model</c>.</param>
    /// <exception cref="FileNotFoundException">It has none of these, or a <c>tokenizer.json</c> of CLIP's kind.</exception>
    /// <exception cref="InvalidDataException">The file is malformed, or holds a tokenizer of another kind.</exception>
    public static SiglipTokenizer Create(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return FromFile(FindFile(folder) ?? throw new FileNotFoundException(
            $"There is no SentencePiece tokenizer in {folder}: looked for {Json} of that kind, {string.Join(", ", ModelFiles)}."));
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if ((uint)id >= VocabularySize)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary of {VocabularySize} tokens has no id {id}.");
            var piece = _encoder.Vocabulary[id];
            var text = piece.Kind == PieceKind.Unknown ? "\uFFFD" : piece.Text.Replace(PieceVocabulary.Space, ' ');
            if (piece.Kind == PieceKind.Byte) bytes.Add(PieceVocabulary.ByteOf(piece.Text)!.Value);
            else if (piece.Kind != PieceKind.Control) bytes.AddRange(Encoding.UTF8.GetBytes(text));
        }

        return Encoding.UTF8.GetString([.. bytes]).TrimStart(' ');
    }

    /// <summary>The folder's file of such a tokenizer; null where it has CLIP's, or none.</summary>
    internal static string? FindFile(string folder)
    {
        var tokenizer = Path.Combine(folder, Json);
        if (File.Exists(tokenizer))
        {
            using var json = JsonFile.Read(tokenizer, RegularFile.MaxTokenizer);
            return SentencePieceJson.IsOne(json.RootElement) ? tokenizer : null;
        }

        if (File.Exists(Path.Combine(folder, "vocab.json"))) return null;
        return ModelFiles.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    internal static SiglipTokenizer FromFile(string file) =>
        new(file, RegularFile.ReadAllBytes(file, RegularFile.MaxTokenizer), OpenClipCleaning.Find(Path.GetDirectoryName(file)!));

    /// <summary>What a saved model kept.</summary>
    internal static SiglipTokenizer FromSaved(string name, byte[] content, string? cleaning) =>
        new(name, content, cleaning is null ? null : new(cleaning));

    internal override int? IdOf(string token) => _encoder.Vocabulary.Find(token);

    internal override IReadOnlyList<(string Name, byte[] Content)> Files() => [(_name, _content)];

    /// <summary>open_clip's name of what is done to texts first; null where Hugging Face's rules hold.</summary>
    internal string? Cleaning => _cleaning?.Name;

    private protected override IReadOnlyList<int> EncodeText(string text, bool normalize) =>
        [.. _encoder.Encode(Cleaned(text, normalize)).Select(piece => piece.Id)];

    private protected override IReadOnlyList<EncodedToken> EncodeTokens(string text, bool normalize, out string normalized)
    {
        var builder = new StringBuilder();
        var pieces = _encoder.Encode(Cleaned(text, normalize), builder);
        normalized = builder.ToString();
        return [.. pieces.Select(p => new EncodedToken(p.Id, _encoder.Vocabulary[p.Id].Text, p.Start..p.End))];
    }

    private string Cleaned(string text, bool normalize) => normalize && _cleaning is not null ? _cleaning.Apply(text) : text;
}
