using System.Text.Json;
using Clip.Testing;
using CsCheck;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>CLIP's byte pair encoding against its plain definition, with merges and words that are drawn.</summary>
public sealed class BpeRulesTests
{
    private const string Letters = "abc";
    private const string WordEnd = "</w>";

    /// <summary>Merges in their order: each joins two symbols that the ones before it, or letters, have made.</summary>
    private static readonly Gen<(int Left, int Right)[]> Merges = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 99]).Array[0, 12];

    [Fact]
    public void AWordIsMergedByTheEarliestMergeThatFitsUntilNoneDoes() =>
        Gen.Select(Merges, Gen.Char[Letters].Array[1, 9].Array[1, 4]).Holds(drawn =>
        {
            var (merges, ids) = Vocabulary(drawn.Item1);
            var words = drawn.Item2.Select(letters => new string(letters)).ToArray();
            var tokenizer = Open(merges, ids);

            var encoded = tokenizer.Encode(string.Join(' ', words));

            var symbols = words.SelectMany(word => Plain(merges, word));
            Assert.Equal(symbols.Prepend("<|startoftext|>").Append("<|endoftext|>").Select(symbol => ids[symbol]), encoded);
            Assert.Equal(string.Concat(words.Select(word => word + " ")), tokenizer.Decode(encoded));
        });

    /// <summary>simple_tokenizer.py's <c>bpe</c>: of all pairs of neighbors the one of the lowest rank, from left to right.</summary>
    private static List<string> Plain(List<(string Left, string Right)> merges, string word)
    {
        List<string> parts = [.. word[..^1].Select(letter => letter.ToString()), word[^1] + WordEnd];
        while (true)
        {
            var rank = Enumerable.Range(0, parts.Count - 1).Select(i => merges.IndexOf((parts[i], parts[i + 1])))
                .Where(found => found >= 0).DefaultIfEmpty(-1).Min();
            if (rank < 0) return parts;
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if ((parts[i], parts[i + 1]) != merges[rank]) continue;
                parts[i] += parts[i + 1];
                parts.RemoveAt(i + 1);
            }
        }
    }

    private static (List<(string Left, string Right)> Merges, Dictionary<string, int> Ids) Vocabulary((int Left, int Right)[] drawn)
    {
        List<string> symbols = [.. Letters.Select(letter => letter.ToString()), .. Letters.Select(letter => letter + WordEnd)];
        var merges = new List<(string, string)>();
        foreach (var (left, right) in drawn)
        {
            // What ends a word has nothing to its right.
            var begins = symbols.Where(symbol => !symbol.EndsWith(WordEnd, StringComparison.Ordinal)).ToArray();
            var (first, second) = (begins[left % begins.Length], symbols[right % symbols.Count]);
            if (symbols.Contains(first + second)) continue;
            merges.Add((first, second));
            symbols.Add(first + second);
        }

        return (merges, symbols.Append("<|startoftext|>").Append("<|endoftext|>").Select((s, i) => (s, i)).ToDictionary());
    }

    private static ClipTokenizer Open(List<(string Left, string Right)> merges, Dictionary<string, int> ids)
    {
        using var vocabulary = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(ids));
        using var lines = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(
            string.Concat(merges.Select(merge => $"{merge.Left} {merge.Right}\n").Prepend("#version: 0.2\n"))));
        return ClipTokenizer.Create(vocabulary, lines);
    }
}
