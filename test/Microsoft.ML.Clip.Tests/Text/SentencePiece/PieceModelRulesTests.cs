using System.Buffers.Binary;
using System.Text;
using Clip.Testing;
using CsCheck;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>SentencePiece's two models against plain definitions of what they look for, on vocabularies and texts drawn.</summary>
public sealed class PieceModelRulesTests : IDisposable
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    private static readonly string[] Special = ["<unk>", "<s>", "</s>"];

    private static readonly Gen<string> Word = Gen.Char["abc"].Array[2, 4].Select(letters => new string(letters));

    /// <summary>Distinct pieces; the letters a and b are always among them, and c is not.</summary>
    private static readonly Gen<string[]> Pieces = Word.Where(w => !w.Contains('c')).Array[0, 6]
        .Select(words => words.Distinct().Prepend("b").Prepend("a").ToArray());

    private readonly string _folder = Directory.CreateTempSubdirectory("piece-models-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void OfEqualMergesTheLeftmostGoesFirst() => Assert.Equal(["aa", "aa", "a"], Cut(Bpe, [("a", 0), ("aa", -1)], "aaaaa"));

    [Fact]
    public void BpeMergesTheBestPairOfNeighboursUntilThereIsNone()
    {
        Gen.Select(Pieces, Gen.Int[-4, -1].Array[16], Gen.Char["abc"].Array[0, 12]).Holds(drawn =>
        {
            var (pieces, scores, letters) = drawn;
            var scored = pieces.Select((piece, i) => (piece, (float)scores[i])).ToArray();
            var text = new string(letters);
            Assert.Equal(PlainBpe(scored.ToDictionary(p => p.piece, p => p.Item2), text), Cut(Bpe, scored, text));
        });
    }

    /// <summary>A character that no piece covers costs ten more than the worst piece (unigram_model.cc, kUnkPenalty).</summary>
    [Theory]
    [InlineData(1.75f, "ab|cd")] // −8 − 8 against −18 + 1.75
    [InlineData(2.25f, "<unk>|bcd")]
    public void AnUnknownCharacterCostsTenMoreThanTheWorstPiece(float score, string expected) =>
        Assert.Equal(expected, string.Join('|', Cut(Unigram, [("ab", -8), ("cd", -8), ("bcd", score)], "abcd")));

    /// <summary>The one that is found first, from the longest way back (unigram_model.cc, EncodeOptimized).</summary>
    [Fact]
    public void OfEqualSumsTheLongerLastPieceIsTaken() =>
        Assert.Equal(["ab", "ab"], Cut(Unigram, [("a", -1), ("b", -1), ("ab", -2), ("ba", -2)], "abab"));

    /// <summary>
    /// A piece of the user's counts as much as the best of its length could, and a little less (unigram_model.cc, EncodeOptimized),
    /// whatever the file has for it.
    /// </summary>
    [Theory]
    [InlineData(-2, "ab")] // 2 · −1 − 0.1 against −1 − 2
    [InlineData(-1, "a|b")] // against −1 − 1
    public void APieceOfTheUsersCountsAsTheBestWould(float other, string expected) => Assert.Equal(
        expected, string.Join('|', Cut(Unigram, [("a", -1), ("b", other), ("ab", -50)], "ab", ofUser: "ab")));

    [Fact]
    public void UnigramFindsTheHighestSumOfScores()
    {
        Gen.Select(Pieces, Gen.Float[-9, -1].Array[16], Gen.Char["abc"].Array[1, 8]).Holds(drawn =>
        {
            var (pieces, scores, letters) = drawn;
            var scored = pieces.Select((piece, i) => (piece, Score: scores[i])).ToArray();
            var byText = scored.ToDictionary(p => p.piece, p => (double)p.Score);
            var unknown = byText.Values.Min() - 10;
            var text = new string(letters);
            var cut = Cut(Unigram, scored, text, keepUnknown: true);
            Assert.Equal(text, string.Concat(cut));
            Assert.Equal(Best(text), cut.Sum(piece => byText.GetValueOrDefault(piece, unknown)), 3);

            double Best(string rest) => rest.Length == 0 ? 0 : Enumerable.Range(1, rest.Length)
                .Where(length => length == 1 || byText.ContainsKey(rest[..length]))
                .Max(length => byText.GetValueOrDefault(rest[..length], unknown) + Best(rest[length..]));
        });
    }

    /// <summary>A map of characters is part of a file that may come from anyone: whatever it holds, it is read within bounds.</summary>
    [Fact]
    public void AHostileMapOfCharactersIsReadWithinItsBounds()
    {
        Gen.Select(Gen.UInt.Array[1, 40], Gen.Byte.Array[0, 20], Gen.Byte.Array[1, 30], Gen.Bool).Holds(
            drawn =>
            {
                var (units, replacements, text, close) = drawn;
                // Close to what a real trie has: labels that match the text, offsets that lead somewhere.
                if (close) units = [.. units.Select((u, i) => (u & 0xFF00) | text[i % text.Length])];
                var map = new PrecompiledCharsMap(Blob(units, replacements), "a map");
                Assert.InRange(map.Match(text, out var replacement), 0, text.Length);
                Assert.InRange(replacement.Length, 0, replacements.Length);
                map.Apply(Encoding.Latin1.GetString(text));
            },
            count: 3000);

        // Offsets beyond the end, at the root and after a character that matches.
        Assert.Equal(0, new PrecompiledCharsMap(Blob([0xFFFFFDFF], []), "a map").Match("a"u8, out _));
        Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap([8, 0, 0, 0, 1, 2, 3, 4], "a map"));
        Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap([3, 0, 0, 0, 1, 2, 3, 4], "a map"));
        Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap([], "a map"));
    }

    private static byte[] Blob(uint[] units, byte[] replacements)
    {
        var blob = new byte[4 + (4 * units.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(blob, 4 * units.Length);
        for (var i = 0; i < units.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4 + (4 * i)), units[i]);
        return [.. blob, .. replacements];
    }

    /// <summary>The pieces of a text, by a model of these pieces and SentencePiece's own special ones, without a prefix.</summary>
    private string[] Cut(int type, (string Text, float Score)[] pieces, string text, bool keepUnknown = false, string? ofUser = null)
    {
        var model = new Proto();
        for (var i = 0; i < 3; i++) model.Add(1, new Proto().Add(1, Special[i]).Add(3, i == 0 ? 2 : 3));
        foreach (var (piece, score) in pieces)
            model.Add(1, piece == ofUser ? new Proto().Add(1, piece).Add(2, score).Add(3, 4) : new Proto().Add(1, piece).Add(2, score));
        model.Add(2, new Proto().Add(3, type)).Add(3, new Proto().Add(3, 0));
        File.WriteAllBytes(Path.Combine(_folder, "spiece.model"), model.ToArray());
        string[] all = [.. Special, .. pieces.Select(p => p.Text)];
        var cut = TextTokenizer.Open(_folder).Encode(text)[..^1].Select(id => all[id]).ToArray();
        if (!keepUnknown) return cut;

        // Neighbouring unknown characters are one id.
        var (parts, at) = (new List<string>(), 0);
        foreach (var piece in cut)
        {
            if (piece != Special[0])
            {
                parts.Add(piece);
                at += piece.Length;
                continue;
            }

            do
            {
                parts.Add(text[at++].ToString());
            }
            while (at < text.Length && text[at] == 'c');
        }

        return [.. parts];
    }

    private static List<string> PlainBpe(Dictionary<string, float> scores, string text)
    {
        var parts = text.Select(c => c.ToString()).ToList();
        while (true)
        {
            var best = -1;
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (!scores.TryGetValue(parts[i] + parts[i + 1], out var score)) continue;
                if (best < 0 || score > scores[parts[best] + parts[best + 1]]) best = i;
            }

            if (best < 0) break;
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }

        var known = new List<string>();
        foreach (var part in parts)
        {
            var name = scores.ContainsKey(part) ? part : Special[0];
            if (name != Special[0] || known.LastOrDefault() != name) known.Add(name);
        }

        return known;
    }
}
