using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Text.Bpe;

/// <summary>Reads a <see cref="Vocabulary"/> from the files of a model folder, or from the two streams a saved model keeps.</summary>
internal static class VocabularyReader
{
    public const string VocabularyFile = "vocab.json", MergesFile = "merges.txt";

    private const string TokenizerFile = "tokenizer.json";

    /// <summary>
    /// Reads a folder in Hugging Face's layout: <c>tokenizer.json</c> where there is one, else <c>vocab.json</c> and <c>merges.txt</c>.
    /// </summary>
    public static Vocabulary ReadFolder(string folder)
    {
        var tokenizer = Path.Combine(folder, TokenizerFile);
        var (vocabulary, merges) = (Path.Combine(folder, VocabularyFile), Path.Combine(folder, MergesFile));
        if (File.Exists(tokenizer))
        {
            using var json = JsonFile.Read(tokenizer, RegularFile.MaxTokenizer);
            return TokenizerJson.Read(json.RootElement, tokenizer, SpecialTokens(folder));
        }

        if (File.Exists(vocabulary) && File.Exists(merges)) return ReadFiles(vocabulary, merges);
        throw new FileNotFoundException(
            $"There is no tokenizer in {folder}: looked for {TokenizerFile}, and for {VocabularyFile} with {MergesFile}.", tokenizer);
    }

    /// <summary>Reads a vocabulary and its merges; the names of the special tokens from the files beside them, if they say.</summary>
    public static Vocabulary ReadFiles(string vocabularyPath, string mergesPath)
    {
        foreach (var path in new[] { vocabularyPath, mergesPath })
        {
            if (!File.Exists(path))
            {
                throw new FileNotFoundException(
                    $"There is no file {path}; a CLIP tokenizer is a {VocabularyFile} and a {MergesFile}.", path);
            }
        }

        using var vocabulary = new MemoryStream(RegularFile.ReadAllBytes(vocabularyPath, RegularFile.MaxTokenizer));
        using var merges = new MemoryStream(RegularFile.ReadAllBytes(mergesPath, RegularFile.MaxTokenizer));
        var special = SpecialTokens(Path.GetDirectoryName(Path.GetFullPath(vocabularyPath))!);
        return ReadStreams(vocabulary, merges, vocabularyPath, mergesPath, special);
    }

    public static Vocabulary ReadStreams(
        Stream vocabulary, Stream merges, string tokensFrom, string mergesFrom, (string? Start, string? End) special = default)
    {
        Dictionary<string, int> ids;
        try
        {
            ids = JsonSerializer.Deserialize<Dictionary<string, int>>(vocabulary)
                ?? throw new InvalidDataException($"{tokensFrom} is not a vocabulary: it holds null instead of tokens and ids.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{tokensFrom} is not a vocabulary, a JSON object of tokens and ids: {e.Message}", e);
        }

        var pairs = new List<(string Left, string Right)>(ids.Count);
        using var reader = new StreamReader(merges, leaveOpen: true);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            var fields = line.Split(' ');
            if (line.StartsWith("#version", StringComparison.Ordinal))
            {
                if (fields.Length == 4) special = (special.Start ?? fields[2], special.End ?? fields[3]);
                continue;
            }

            pairs.Add(fields.Length == 2
                ? (fields[0], fields[1])
                : throw new InvalidDataException($"{mergesFrom}: line {number} is '{line}', not two tokens with a space between them."));
        }

        return new Vocabulary(
            ids, pairs, special.Start ?? Vocabulary.DefaultStartOfText, special.End ?? Vocabulary.DefaultEndOfText, tokensFrom, mergesFrom);
    }

    /// <summary>The names of the special tokens in <c>special_tokens_map.json</c> or <c>tokenizer_config.json</c>.</summary>
    private static (string? Start, string? End) SpecialTokens(string folder)
    {
        (string? Start, string? End) found = default;
        foreach (var path in SpecialTokenFiles(folder))
        {
            using var json = JsonFile.Read(path, RegularFile.MaxTokenizer);
            found = (found.Start ?? Name(json.RootElement, "bos_token", path), found.End ?? Name(json.RootElement, "eos_token", path));
        }

        return found;
    }

    /// <summary>The token to fill texts up with, where the files beside a tokenizer name one.</summary>
    public static string? PaddingToken(string folder) => NamedToken(folder, "pad_token");

    /// <summary>A name that the files beside a tokenizer give, such as that of a token; null where they do not.</summary>
    public static string? NamedToken(string folder, string key) => SpecialTokenFiles(folder)
        .Select(path =>
        {
            using var json = JsonFile.Read(path, RegularFile.MaxTokenizer);
            return Name(json.RootElement, key, path);
        })
        .FirstOrDefault(name => name is not null);

    private static IEnumerable<string> SpecialTokenFiles(string folder) =>
        new[] { "special_tokens_map.json", "tokenizer_config.json" }.Select(name => Path.Combine(folder, name)).Where(File.Exists);

    /// <summary>A token is written as its text, or as an object with a <c>content</c>.</summary>
    private static string? Name(JsonElement map, string key, string path)
    {
        if (map.ValueKind != JsonValueKind.Object || !map.TryGetProperty(key, out var token)) return null;
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content)) token = content;
        try
        {
            return token.ValueKind == JsonValueKind.String ? token.GetString() : null;
        }
        catch (InvalidOperationException e)
        {
            // JSON's parser checks neither UTF-8 nor surrogates.
            throw new InvalidDataException($"{path}: {key} is not text: {e.Message}", e);
        }
    }
}
