using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Tests.Text;

public class ClipPreTokenizerTests
{
    [Theory]
    [InlineData("a dog's life", "a|dog|'s|life")]
    [InlineData("they've i'm we'll he'd isn't you're", "they|'ve|i|'m|we|'ll|he|'d|isn|'t|you|'re")]
    [InlineData("'quoted' x'y", "'|quoted|'|x|'|y")]
    [InlineData("!'s", "!'|s")] // the run of punctuation comes first
    [InlineData("route 66, ok?!", "route|6|6|,|ok|?!")]
    [InlineData("½x² 犬の写真", "½|x|²|犬の写真")]
    [InlineData("𝒜𝒷!😀😀 𝟙𝟚", "𝒜𝒷|!😀😀|𝟙|𝟚")] // letters and digits beyond U+FFFF
    [InlineData("e\u0301", "e|\u0301")]
    [InlineData("a\u0345b!\u0345?", "a|b|!|?")] // a mark whose other case is the letter iota belongs nowhere
    [InlineData("<|ſtartoftext|>", "<|ſtartoftext|>")] // the pattern ignores case: one piece, though no special token
    [InlineData("it'ſ 'ſ", "it|'ſ|'ſ")] // and so the long s is a contraction's too
    [InlineData("'ll 'lx 're 'rx 've 'vx 'd 't 'm 's", "'ll|'|lx|'re|'|rx|'ve|'|vx|'d|'t|'m|'s")]
    [InlineData("a<|endoftext|>b", "a|<|endoftext|>|b")]
    [InlineData("!<|endoftext|>", "!<||endoftext||>")]
    public void SplitsAsClipsPattern(string text, string expected)
    {
        var pieces = new ClipPreTokenizer("<|startoftext|>", "<|endoftext|>").PreTokenize(text);

        Assert.Equal(expected, string.Join('|', pieces.Select(p => text.Substring(p.Offset, p.Length))));
    }
}
