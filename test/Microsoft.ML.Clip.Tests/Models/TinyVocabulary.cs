using System.Text.Json;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>A byte-level BPE vocabulary that has a few words as single tokens, and every other word in letters.</summary>
internal static class TinyVocabulary
{
    // Earlier merges win: "green" before "red", or it would be cut at "re".
    private static readonly string[] Words = ["a", "photo", "of", "green", "red", "blue", "thing"];
    private static readonly Dictionary<string, int> Ids = [];
    private static readonly List<string> Merges = [];

    static TinyVocabulary()
    {
        foreach (var suffix in new[] { "", "</w>" })
        {
            foreach (var symbol in ByteSymbols()) Ids.Add(symbol + suffix, Ids.Count);
        }

        foreach (var word in Words)
        {
            var left = word[..1];
            for (var i = 1; i < word.Length; i++)
            {
                var right = word[i] + (i == word.Length - 1 ? "</w>" : "");
                if (Ids.TryAdd(left + right, Ids.Count)) Merges.Add($"{left} {right}");
                left += right;
            }
        }

        Ids.Add("<|startoftext|>", Ids.Count);
        Ids.Add("<|endoftext|>", Ids.Count);
    }

    public static int Count => Ids.Count;

    public static int EndOfText => Ids.Count - 1;

    public static void Save(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(Ids));
        File.WriteAllLines(Path.Combine(folder, "merges.txt"), ["#version: 0.2", .. Merges]);
    }

    /// <summary>The same as one file.</summary>
    public static void SaveTokenizerJson(string folder) => File.WriteAllText(
        Path.Combine(folder, "tokenizer.json"),
        JsonSerializer.Serialize(new { model = new { type = "BPE", end_of_word_suffix = "</w>", vocab = Ids, merges = Merges } }));

    /// <summary>Each token's place among colors: where images of the word are (normalized as CLIP does), or nearly nowhere.</summary>
    public static IEnumerable<float[]> Colors() => Ids.OrderBy(i => i.Value).Select(token => token.Key switch
    {
        "red</w>" => [1.93f, -1.75f, -1.48f],
        "green</w>" => [-1.79f, 2.07f, -1.48f],
        "blue</w>" => [-1.79f, -1.75f, 2.15f],
        _ => new[] { 0.01f * MathF.Sin(token.Value), 0.01f * MathF.Sin(2 * token.Value), 0.01f * MathF.Sin(3 * token.Value) },
    });

    /// <summary>GPT-2's printable stand-ins for bytes: printable Latin-1 as itself, the rest from U+0100 on.</summary>
    private static IEnumerable<string> ByteSymbols()
    {
        var next = 0;
        for (var b = 0; b < 256; b++)
        {
            var isPrintable = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            yield return ((char)(isPrintable ? b : 256 + next++)).ToString();
        }
    }
}
