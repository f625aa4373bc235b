using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// All that a <c>tokenizer.json</c> of Hugging Face's <c>tokenizers</c> describes, of whatever kind: added tokens, normalizer,
/// pre-tokenizer, model, post-processor and decoder, each read by its own class. What the file says is done or refused by name.
/// </summary>
internal sealed class TokenizerPipeline
{
    private readonly AddedTokens _added;
    private readonly TextSplitter _split;
    private readonly IPieceModel _model;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens = [];
    private readonly HashSet<int> _special;
    private readonly TokenDecoder _decode;

    private TokenizerPipeline(PipelineStep file)
    {
        file.Pass("version");
        var normalize = NormalizerReader.Read(file.Part("normalizer", "normalizer"));
        _split = PreTokenizerReader.Read(file.Part("pre_tokenizer", "pre_tokenizer"));
        _model = ReadModel(file.Part("model", "model") ?? throw file.Wrong("has no 'model'"), out var vocabulary);
        _added = AddedTokens.Read(file, vocabulary, normalize);
        _ids = new Dictionary<string, int>(vocabulary.Ids);
        foreach (var token in _added.All) _ids[token.Content] = token.Id;
        foreach (var (token, id) in _ids) _tokens[id] = token;
        _special = [.. _added.All.Where(token => token.IsSpecial).Select(token => token.Id)];
        _decode = DecoderReader.Read(file.Part("decoder", "decoder"));
        Around = TokensAround.Read(file.Part("post_processor", "post_processor"));
        Size = _tokens.Keys.DefaultIfEmpty(-1).Max() + 1;
        foreach (var id in Around.Before.Concat(Around.After)) RequireToken(id, "post_processor", file);
        ReadTruncation(file.Part("truncation", "truncation"));
        ReadPadding(file.Part("padding", "padding"));
        file.RequireAllRead();
    }

    /// <summary>One more than the largest id.</summary>
    public int Size { get; }

    /// <summary>The ids around every text.</summary>
    public TokensAround Around { get; }

    /// <summary>The most ids, those around the text included, that the file lets a text have.</summary>
    public int? MaxLength { get; private set; }

    /// <summary>Whether too long a text loses its beginning.</summary>
    public bool CutsLeft { get; private set; }

    /// <summary>The id to fill up texts with, where the file tells.</summary>
    public int? PaddingId { get; private set; }

    /// <summary>Whether texts are filled up before their beginning.</summary>
    public bool PadsLeft { get; private set; }

    /// <exception cref="InvalidDataException">The file is malformed, or has a step that is not supported.</exception>
    public static TokenizerPipeline Read(JsonElement root, string path)
    {
        try
        {
            return new TokenizerPipeline(new PipelineStep(root, path, "tokenizer"));
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException
            or ArgumentException)
        {
            throw new InvalidDataException($"{path} is not a tokenizer.json: {e.Message}", e);
        }
    }

    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string TokenOf(int id) => _tokens[id];

    /// <summary>The text's own tokens, with nothing around them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalized">Gets the text that the tokens' places are in, where it is wanted: the words as the model gets them.</param>
    public List<EncodedPiece> Encode(string text, StringBuilder? normalized = null)
    {
        var (pieces, offset) = (new List<EncodedPiece>(8 + (text.Length / 3)), 0);
        foreach (var (part, token) in _added.Cut(WellFormed(text)))
        {
            if (token is not null)
            {
                pieces.Add(new(token.Id, offset, offset + part.Text.Length));
                normalized?.Append(part.Text);
                offset += part.Text.Length;
                continue;
            }

            foreach (var (word, _) in _split(part))
            {
                if (word.Length == 0) continue;
                _model.Encode(word, offset, pieces);
                normalized?.Append(word);
                offset += word.Length;
            }
        }

        return pieces;
    }

    /// <summary>The text that ids stand for, without the special ones.</summary>
    public string Decode(IEnumerable<int> ids)
    {
        var tokens = new List<string>();
        foreach (var id in ids)
        {
            if (!_tokens.TryGetValue(id, out var token))
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary of {Size} tokens has no id {id}.");
            if (!_special.Contains(id)) tokens.Add(token);
        }

        return string.Concat(_decode(tokens));
    }

    private static IPieceModel ReadModel(PipelineStep model, out TokenVocabulary vocabulary)
    {
        // Files from before tokenizers 0.10 do not say what they are.
        var type = model.Type.Length > 0 ? model.Type
            : model.Has("merges") ? "BPE" : model.Has("max_input_chars_per_word") ? "WordPiece" : model.Has("unk_id") ? "Unigram" : "";
        IPieceModel read;
        if (type == "Unigram") read = ScoredModel.Read(model, out vocabulary);
        else if (type == "BPE") read = new MergingModel(model, vocabulary = TokenVocabulary.Read(model));
        else if (type == "WordPiece") read = new WordPieceModel(model, vocabulary = TokenVocabulary.Read(model));
        else if (type == "WordLevel") read = new WordLevelModel(model, vocabulary = TokenVocabulary.Read(model));
        else throw model.UnknownType();
        model.RequireAllRead();
        return read;
    }

    /// <summary>Half a character is none: as in UTF-8, the replacement character stands for it.</summary>
    private static string WellFormed(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) result.Append(rune);
        return result.ToString();
    }

    private void ReadTruncation(PipelineStep? step)
    {
        if (step is null) return;
        step.Pass("strategy", "stride");
        MaxLength = step.Number("max_length") is > 0 and var length ? length : throw step.Wrong("has no max_length of 1 or more");
        CutsLeft = IsLeft(step);
        step.RequireAllRead();
        if (MaxLength < Around.Before.Length + Around.After.Length)
            throw step.Wrong($"leaves {MaxLength} ids, too few for those around every text");
    }

    private void ReadPadding(PipelineStep? step)
    {
        if (step is null) return;
        // How far a text is filled up is the graph's business, as is the type of what it is filled up with.
        step.Pass("strategy", "pad_to_multiple_of", "pad_type_id");
        var (id, token) = (step.Number("pad_id"), step.TextOrNull("pad_token"));
        if (id is { } given) RequireToken(given, "padding", step);
        PaddingId = id ?? (token is null ? null : IdOf(token));
        PadsLeft = IsLeft(step);
        step.RequireAllRead();
    }

    private static bool IsLeft(PipelineStep step) => step.TextOrNull("direction") switch
    {
        null or "Right" => false,
        "Left" => true,
        var other => throw step.Wrong($"has the direction '{other}', which is neither Left nor Right"),
    };

    private void RequireToken(int id, string what, PipelineStep file)
    {
        if (!_tokens.ContainsKey(id))
            throw new InvalidDataException($"{file.Path}: its {what} has the id {id}, which is none of its {_tokens.Count} tokens.");
    }
}
