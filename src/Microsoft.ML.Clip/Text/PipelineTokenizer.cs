using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Pipeline;
using Microsoft.ML.Clip.Text.Repair;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// The tokenizer of any other <c>tokenizer.json</c> than CLIP's and SigLIP's: byte-level BPE (RoBERTa), WordPiece (Chinese-CLIP,
/// jina-clip, CLIPA), Unigram (XLM-R, mT5), BPE with byte fallback (Gemma, NLLB), with the steps that the file describes. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// Gives the ids of Hugging Face's <c>tokenizers</c>; what a file says and is not supported is refused by name. A folder with open_clip's
/// config is treated as open_clip treats it: texts are cleaned first as its <c>tokenizer_kwargs</c> say.
/// </remarks>
public sealed class PipelineTokenizer : TextTokenizer
{
    internal const string SavedFile = "pipeline_tokenizer.json", SavedSettings = "pipeline_settings.json";

    private readonly TokenizerPipeline _pipeline;
    private readonly PipelineSettings _settings;
    private readonly byte[] _content;
    private readonly OpenClipCleaning? _cleaning;
    private readonly int[] _before;
    private readonly int[] _after;
    private readonly int? _zeroed;

    private PipelineTokenizer(byte[] content, string path, PipelineSettings settings)
    {
        (_content, _settings) = (content, settings);
        using var json = JsonFile.Parse(content, path);
        _pipeline = TokenizerPipeline.Read(json.RootElement, path);
        _cleaning = settings.Cleaning is { } name ? new(name) : null;
        if (settings.ZeroedToken is { } token)
        {
            _zeroed = _pipeline.IdOf(token)
                ?? throw new InvalidDataException($"{path} has no token '{token}', which open_clip's config asks to strip.");
        }

        (_before, _after) = (Zeroed(_pipeline.Around.Before), Zeroed(_pipeline.Around.After));
    }

    /// <inheritdoc/>
    public override int VocabularySize => _pipeline.Size;

    /// <summary>
    /// The most ids of a text, those around it included, by the <c>truncation</c> of the file or the <c>model_max_length</c> of
    /// <c>tokenizer_config.json</c>, the smaller; 77, as CLIP's, where neither tells.
    /// </summary>
    public override int PublishedContextLength => MaxLength ?? ClipTokenizer.DefaultContextLength;

    /// <summary>The id that texts are filled up with, where the folder's files tell one; else 0, as open_clip has it.</summary>
    public int PaddingId => (_settings.PaddingToken is { } token ? _pipeline.IdOf(token) : null) ?? _pipeline.PaddingId ?? 0;

    /// <summary>Whether texts are filled up before their beginning, not after their end.</summary>
    public bool PadsLeft => _settings.PadsLeft ?? _pipeline.PadsLeft;

    /// <summary>The published limit; null where the files tell none.</summary>
    internal int? MaxLength => (_pipeline.MaxLength, _settings.MaxLength) switch
    {
        ({ } file, { } config) => Math.Min(file, config),
        var (file, config) => file ?? config,
    };

    private protected override ReadOnlySpan<int> Before => _before;

    private protected override ReadOnlySpan<int> After => _after;

    private protected override bool CutsLeft => _settings.CutsLeft ?? _pipeline.CutsLeft;

    /// <summary>Opens the <c>tokenizer.json</c> of a folder, of whatever kind.</summary>
    /// <param name="folder">The folder; <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> beside it are heeded.</param>
    /// <exception cref="FileNotFoundException">The folder has no such file.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or has what is not supported; the message names it.</exception>
    public static PipelineTokenizer Create(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no tokenizer.json in {folder}.", path);
        return new(RegularFile.ReadAllBytes(path, RegularFile.MaxTokenizer), path, PipelineSettings.Read(folder));
    }

    /// <summary>The text that ids stand for, without special tokens, as the file's decoder puts it together.</summary>
    /// <param name="ids">What <c>Encode</c> gave, or a part of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _pipeline.Decode(ids);
    }

    /// <summary>What a saved model kept.</summary>
    internal static PipelineTokenizer FromSaved(byte[] content, byte[] settings) => new(
        content, SavedFile, JsonSerializer.Deserialize<PipelineSettings>(settings) ?? throw new InvalidDataException(
            $"The saved model's {SavedSettings} holds null."));

    internal override int? IdOf(string token) => _pipeline.IdOf(token);

    internal override IReadOnlyList<(string Name, byte[] Content)> Files() =>
        [(SavedFile, _content), (SavedSettings, JsonSerializer.SerializeToUtf8Bytes(_settings))];

    private protected override IReadOnlyList<int> EncodeText(string text, bool normalize) =>
        Zeroed(_pipeline.Encode(Cleaned(text, normalize)).Select(piece => piece.Id));

    private protected override IReadOnlyList<EncodedToken> EncodeTokens(string text, bool normalize, out string normalized)
    {
        var builder = new StringBuilder();
        var pieces = _pipeline.Encode(Cleaned(text, normalize), builder);
        normalized = builder.ToString();
        return [.. pieces.Select(p => new EncodedToken(p.Id == _zeroed ? 0 : p.Id, _pipeline.TokenOf(p.Id), p.Start..p.End))];
    }

    private string Cleaned(string text, bool normalize) => normalize && _cleaning is not null ? _cleaning.Apply(text) : text;

    private int[] Zeroed(IEnumerable<int> ids) => [.. ids.Select(id => id == _zeroed ? 0 : id)];
}
