using System.Text;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>A SentencePiece model's own replacements of characters, a trie of few nodes written by hand.</summary>
public class CharsMapTests
{
    /// <summary>Of e and its accent there is a replacement, of e alone none.</summary>
    private static readonly PrecompiledCharsMap Map = new(Trie(("a", "x"), ("ab", "yy"), ("c", ""), ("e\u0301", "z")), "a map");

    [Theory]
    [InlineData("a", 1, "x")]
    [InlineData("abb", 2, "yy")] // the longest
    [InlineData("ac", 1, "x")]
    [InlineData("c", 1, "")]
    [InlineData("e", 0, "")]
    [InlineData("e\u0301", 3, "z")]
    [InlineData("b", 0, "")]
    [InlineData("", 0, "")]
    public void FindsTheLongestBeginningThatHasAReplacement(string text, int matched, string expected)
    {
        Assert.Equal(matched, Map.Match(Encoding.UTF8.GetBytes(text), out var replacement));
        Assert.Equal(expected, Encoding.UTF8.GetString(replacement));
    }

    /// <summary>As large maps write them: in steps of 256, with bit 9 set.</summary>
    [Fact]
    public void OffsetsMayBeWide()
    {
        var map = new PrecompiledCharsMap(Trie(isWide: true, ("a", "x"), ("ab", "yy"), ("e\u0301", "z")), "a map");
        Assert.Equal("xyycz", map.Apply("aabce\u0301"));
    }

    [Theory]
    [InlineData("aabcbd", "xyybd")]
    [InlineData("é😀a", "é😀x")]
    [InlineData("ce\u0301c", "z")]
    [InlineData("", "")]
    public void SentencePieceReplacesTheLongestBeginnings(string text, string expected) => Assert.Equal(expected, Map.Apply(text));

    /// <summary>
    /// Hugging Face looks at what readers take for one character: a short one gives way to the replacement of its shortest beginning that
    /// has one, marks and all; a longer one is looked at by its parts.
    /// </summary>
    [Theory]
    [InlineData("ab", "xb")] // never both
    [InlineData("a\u0301", "x")] // three bytes: the mark goes with the letter
    [InlineData("a\u0301\u0301", "x")] // five
    [InlineData("a\u20DD\u0301", "x\u20DD\u0301")] // six: by its parts
    [InlineData("a\u0301\u0301\u0301", "x\u0301\u0301\u0301")]
    [InlineData("e\u0301", "z")]
    [InlineData("e\u0301\u0301\u0301", "e\u0301\u0301\u0301")]
    [InlineData("😀c!", "😀!")]
    public void HuggingFaceReplacesByGraphemes(string text, string expected) => Assert.Equal(expected, Map.ApplyToGraphemes(text));

    [Fact]
    public void TheMapMakesNoSpacesThatAreNotWritten() => Assert.Equal(
        "▁x▁b", new SentencePieceNormalizer(Map, PrefixMatcher.None).Apply(" ac  b "));

    /// <summary>What the user defined is left as it is; what is beside it is not.</summary>
    [Fact]
    public void ThePiecesOfTheUserAreNotReplaced() => Assert.Equal(
        "▁xabx", new SentencePieceNormalizer(Map, new PrefixMatcher(["ab"])).Apply("aaba"));

    [Fact]
    public void AReplacementBeyondTheTableIsNone()
    {
        var blob = Trie(("a", "x"));
        Assert.Equal(1, new PrecompiledCharsMap(blob, "a map").Match("a"u8, out _));

        // Its table has gone.
        Assert.Equal(0, new PrecompiledCharsMap(blob.AsSpan()[..^2], "a map").Match("a"u8, out _));

        // Without a zero behind it, it ends where the table does.
        Assert.Equal(1, new PrecompiledCharsMap(blob.AsSpan()[..^1], "a map").Match("a"u8, out var last));
        Assert.Equal("x", Encoding.UTF8.GetString(last));
    }

    /// <summary>
    /// A double array in the layout of Darts-clone: a node's children lie at its offset xor their byte; a unit has its offset in bits 10
    /// on, in bit 8 whether a value lies at its offset, and its byte in the lowest.
    /// </summary>
    private static byte[] Trie(params (string Text, string Replacement)[] entries) => Trie(isWide: false, entries);

    private static byte[] Trie(bool isWide, params (string Text, string Replacement)[] entries)
    {
        var table = new List<byte>();
        var root = new Node();
        foreach (var (text, replacement) in entries)
        {
            var node = root;
            foreach (var b in Encoding.UTF8.GetBytes(text))
            {
                if (!node.Children.TryGetValue(b, out var child)) node.Children[b] = child = new Node();
                node = child;
            }

            node.Value = table.Count;
            table.AddRange([.. Encoding.UTF8.GetBytes(replacement), 0]);
        }

        // Every node has 256 units of its own, so that no two collide: place 0 is the root, its block the first after it.
        var units = new List<uint> { 0 };
        Fill(0, root);
        var bytes = units.SelectMany(BitConverter.GetBytes).ToArray();
        return [.. BitConverter.GetBytes((uint)bytes.Length), .. bytes, .. table];

        void Fill(int place, Node node)
        {
            while (units.Count % 256 != 0) units.Add(0);
            var block = units.Count | (isWide ? place & 0xFF : 0); // steps of 256 leave the lowest byte as it is
            units.AddRange(Enumerable.Repeat(0x800000FFu, 256)); // no child's
            if (node.Value is { } value) units[block] = 0x80000000 | (uint)value;
            var offset = (uint)(block ^ place);
            units[place] |= (isWide ? (offset << 2) | 0x200 : offset << 10) | (node.Value is null ? 0u : 0x100u);
            foreach (var (b, child) in node.Children)
            {
                units[block ^ b] = b;
                Fill(block ^ b, child);
            }
        }
    }

    private sealed class Node
    {
        public Dictionary<byte, Node> Children { get; } = [];

        public int? Value { get; set; }
    }
}
