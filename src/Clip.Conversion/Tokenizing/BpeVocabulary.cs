using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Bpe;

namespace Clip.Conversion.Tokenizing;

/// <summary>A CLIP tokenizer's vocabulary and merges, trained or loaded, which writes the files that a model folder needs.</summary>
public sealed class BpeVocabulary
{
    // As the tokens are: without escapes, one token a line where a person may look.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Plain) { WriteIndented = true };

    /// <summary>What <see cref="Save(string, int)"/> writes.</summary>
    internal static readonly string[] FileNames =
        ["vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];

    private readonly Vocabulary _vocabulary;

    internal BpeVocabulary(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>The number of rows an embedding table for the ids needs: all tokens, start and end of text included.</summary>
    public int Size => _vocabulary.Size;

    /// <summary>The id of each token.</summary>
    public IReadOnlyDictionary<string, int> Ids => _vocabulary.Ids;

    /// <summary>The pairs of tokens to merge, in the order in which they were learned and are applied.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _vocabulary.Merges;

    /// <summary>The id of the token before every text.</summary>
    public int StartOfTextId => _vocabulary.Ids[_vocabulary.StartOfText];

    /// <summary>The id of the token after every text.</summary>
    public int EndOfTextId => _vocabulary.Ids[_vocabulary.EndOfText];

    /// <summary>Opens the tokenizer of a model folder: <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <exception cref="ClipException">The folder has no CLIP tokenizer; the message says what is missing or wrong.</exception>
    public static BpeVocabulary Load(string folder)
    {
        try
        {
            return new BpeVocabulary(VocabularyReader.ReadFolder(folder));
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
        {
            throw new ClipException(e.Message, e);
        }
    }

    /// <summary>
    /// Writes <c>vocab.json</c>, <c>merges.txt</c>, <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>:
    /// what <see cref="ClipTokenizer"/>, Hugging Face's <c>transformers</c> and transformers.js each look for.
    /// </summary>
    /// <param name="folder">Where to; created if need be, files there are overwritten.</param>
    /// <param name="contextLength">The length to which others' tokenizers shall cut texts: the most tokens that the model takes.</param>
    public void Save(string folder, int contextLength = ClipTokenizer.DefaultContextLength) => Save(folder, contextLength, EndOfTextId);

    /// <summary>Writes the files for a model.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="contextLength">The most tokens that the model takes.</param>
    /// <param name="needsFullContext">
    /// Whether its features depend on what texts are filled up with: then that is open_clip's 0, else Hugging Face's end of text, which its
    /// clients expect.
    /// </param>
    internal void Save(string folder, int contextLength, bool needsFullContext) =>
        Save(folder, contextLength, needsFullContext ? 0 : EndOfTextId);

    private void Save(string folder, int contextLength, int paddingId)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var padding = _vocabulary.Ids.First(p => p.Value == paddingId).Key;
        Directory.CreateDirectory(folder);

        var ids = new JsonObject(_vocabulary.InOrder.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        Write("vocab.json", ids.ToJsonString(Plain));
        Write("merges.txt", string.Concat(_vocabulary.MergeLines().Select(line => line + "\n")));
        Write("tokenizer.json", HuggingFaceTokenizer.TokenizerJson(_vocabulary).ToJsonString(Indented));
        Write("tokenizer_config.json", HuggingFaceTokenizer.Config(_vocabulary, contextLength, padding).ToJsonString(Indented));
        Write("special_tokens_map.json", HuggingFaceTokenizer.SpecialTokens(_vocabulary, padding).ToJsonString(Indented));

        void Write(string file, string text) => File.WriteAllText(Path.Combine(folder, file), text, new UTF8Encoding(false));
    }
}
