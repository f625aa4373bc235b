using System.Text.Json;
using Clip.Testing;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>A <c>tokenizer.json</c> with the steps that a test names, and nothing else: what one step does to a text can be seen.</summary>
internal static class StepFile
{
    /// <summary>A model that knows no word, so that every word it gets is one token.</summary>
    public const string NoWords = """{"type":"WordLevel","unk_token":"?","vocab":{"?":0}}""";

    /// <summary>Opens a file of these steps.</summary>
    /// <param name="steps">Properties of the file, as JSON, without braces.</param>
    /// <param name="model">Its model.</param>
    public static PipelineTokenizer Open(string steps, string model = NoWords)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", $"{{{steps}{(steps.Length > 0 ? "," : "")}\"model\":{model}}}");
        return PipelineTokenizer.Create(folder.Path);
    }

    /// <summary>The words that a file gives to its model, with a bar between them.</summary>
    public static string Words(string steps, string text, string model = NoWords)
    {
        var tokens = ((Tokenizer)Open(steps, model)).EncodeToTokens(text, out var normalized);
        return string.Join('|', tokens.Select(token => normalized![token.Offset]));
    }

    /// <summary>The words that a pre-tokenizer makes of a text.</summary>
    public static string Split(string preTokenizer, string text) => Words($"\"pre_tokenizer\":{preTokenizer}", text);

    /// <summary>What a normalizer makes of a text.</summary>
    public static string Normalize(string normalizer, string text) => Words($"\"normalizer\":{normalizer}", text);

    /// <summary>What a decoder makes of tokens.</summary>
    public static string Decode(string? decoder, params string[] tokens)
    {
        string[] all = ["?", .. tokens.Except(["?"])];
        var vocabulary = JsonSerializer.Serialize(all.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id));
        var tokenizer = Open($"\"decoder\":{decoder ?? "null"}", $$"""{"type":"WordLevel","unk_token":"?","vocab":{{vocabulary}}}""");
        return tokenizer.Decode(tokens.Select(token => Array.IndexOf(all, token)));
    }

    /// <summary>The tokens that a model makes of a text, with a bar between them.</summary>
    public static string Cut(string model, string text, string steps = "") =>
        string.Join('|', ((Tokenizer)Open(steps, model)).EncodeToTokens(text, out _).Select(token => token.Value));

    /// <summary>The sentence that a file is refused with.</summary>
    public static string Refusal(string steps, string model = NoWords) =>
        Assert.Throws<InvalidDataException>(() => Open(steps, model)).Message;
}
