namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>How tokens become a text again: each decoder of Hugging Face's alone.</summary>
public class DecodingTests
{
    [Fact]
    public void WithoutADecoderTokensAreJoinedBySpaces() => Assert.Equal("a ##b c", StepFile.Decode(null, "a", "##b", "c"));

    [Theory]
    [InlineData("", "un able", "un", "able")]
    [InlineData("", "unable ones", "un", "##able", "one", "##s")]
    [InlineData("", "##un able", "##un", "able")] // what begins a text follows nothing
    [InlineData(""","prefix":"--" """, "unable ##s", "un", "--able", "##s")]
    [InlineData("", "a. b? c! d, e", "a", ".", "b", "?", "c", "!", "d", ",", "e")]
    [InlineData("", "i'm he's we've you're isn't", "i", "'m", "he", "'s", "we", "'ve", "you", "'re", "is", "n't")]
    [InlineData("", "a don't b'", "a", "do not", "b", "' ")]
    [InlineData(""","cleanup":false""", "a . is n't", "a", ".", "is", "n't")]
    public void WordPiecesAreJoinedAndCleanedUp(string options, string expected, params string[] tokens) =>
        Assert.Equal(expected, StepFile.Decode($$"""{"type":"WordPiece"{{options}}}""", tokens));

    [Theory]
    [InlineData("", "hello you", "he", "llo</w>", "you</w>")]
    [InlineData(""","suffix":"@" """, "hello you", "he", "llo@", "you@")]
    public void WordsEndWhereTheirSuffixIs(string options, string expected, params string[] tokens) =>
        Assert.Equal(expected, StepFile.Decode($$"""{"type":"BPEDecoder"{{options}}}""", tokens));

    [Theory]
    [InlineData("", "Hey you", "▁Hey", "▁you")]
    [InlineData(""","add_prefix_space":false""", " Hey you", "▁Hey", "▁you")]
    [InlineData(""","prepend_scheme":"never" """, " Hey you", "▁Hey", "▁you")]
    [InlineData(""","prepend_scheme":"first" """, "Hey you", "▁Hey", "▁you")]
    [InlineData(""","replacement":"_" """, "Hey you▁", "_Hey", "_you▁")]
    public void MarksBecomeSpacesButForTheOnePutBefore(string options, string expected, params string[] tokens) =>
        Assert.Equal(expected, StepFile.Decode($$"""{"type":"Metaspace"{{options}}}""", tokens));

    [Theory]
    [InlineData("€a", "<0xE2>", "<0x82>", "<0xAC>", "a")]
    [InlineData("a\uFFFD\uFFFDb", "a", "<0xE2>", "<0x82>", "b")] // one for each byte
    [InlineData("a\uFFFD", "a", "<0xE2>")]
    [InlineData("<0xGG>", "<0xGG>")]
    public void BytesArePutTogether(string expected, params string[] tokens) =>
        Assert.Equal(expected, StepFile.Decode("""{"type":"ByteFallback"}""", tokens));

    [Theory]
    [InlineData("é ab", "Ã", "©Ġ", "ab")]
    [InlineData("犬a", "犬", "a")] // no symbols of bytes
    public void ByteSymbolsBecomeBytes(string expected, params string[] tokens) =>
        Assert.Equal(expected, StepFile.Decode("""{"type":"ByteLevel"}""", tokens));

    [Theory]
    [InlineData(1, 0, " a b ")]
    [InlineData(2, 0, "ab ")]
    [InlineData(9, 9, "ab")]
    [InlineData(0, 1, "  a  b")]
    [InlineData(0, 0, "  a  b ")]
    public void StripTakesOffNoMoreThanItIsTold(int start, int stop, string expected) => Assert.Equal(
        expected, StepFile.Decode($$"""{"type":"Strip","content":" ","start":{{start}},"stop":{{stop}}}""", "  a", "  b "));

    [Fact]
    public void StepsAreTakenInTheirOrder() => Assert.Equal(
        "a b", StepFile.Decode(
            """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"Fuse"},
             {"type":"Strip","content":" ","start":1}]}
            """,
            "▁a", "▁b"));

    [Fact]
    public void SpecialTokensAreLeftOut_OtherAddedOnesAreNot()
    {
        var tokenizer = StepFile.Open("""
            "added_tokens":[{"id":1,"content":"<s>","special":true},{"id":2,"content":"<thing>"}]
            """);

        Assert.Equal("? <thing>", tokenizer.Decode([1, 0, 2, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }
}
