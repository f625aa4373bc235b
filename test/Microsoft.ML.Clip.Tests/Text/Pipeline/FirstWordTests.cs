namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>
/// A Metaspace of the scheme <c>first</c> marks what begins where the whole text does, as it was given: nothing behind a token that was
/// added, and nothing whose beginning was taken off.
/// </summary>
public class FirstWordTests
{
    private const string First = """{"type":"Metaspace","prepend_scheme":"first","split":false}""";

    [Theory]
    [InlineData("a<x>b", "▁a|<x>|b")]
    [InlineData("<x>b", "<x>|b")]
    public void NothingBehindAnAddedTokenIsFirst(string text, string expected) => Assert.Equal(
        expected,
        StepFile.Words($$"""
            "added_tokens":[{"id":1,"content":"<x>","normalized":false}],"pre_tokenizer":{{First}}
            """, text));

    [Theory]
    [InlineData("axb", "▁a|x|b")]
    [InlineData("xb", "x|b")] // nothing is before it, which is no word
    public void AnAddedTokenOfTheNormalizedTextPartsItToo(string text, string expected) => Assert.Equal(
        expected,
        StepFile.Words($$"""
            "added_tokens":[{"id":1,"content":"x","normalized":true}],"pre_tokenizer":{{First}}
            """, text));

    /// <summary>Where a file names no scheme, every part is marked.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(""","prepend_scheme":"always" """)]
    [InlineData(""","add_prefix_space":true""")]
    public void OtherwiseEveryPartIsMarked(string options) => Assert.Equal(
        "▁a|<x>|▁b",
        StepFile.Words($$"""
            "added_tokens":[{"id":1,"content":"<x>","normalized":false}],"pre_tokenizer":{"type":"Metaspace"{{options}}}
            """, "a<x>b"));

    [Theory]
    [InlineData("a b", "▁a|b")]
    [InlineData(" a b", "a|b")]
    public void OfSeveralWordsTheOneAtTheBeginningIsFirst(string text, string expected) => Assert.Equal(
        expected,
        StepFile.Split($$"""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{{First}}]}""", text));

    [Theory]
    // The beginning is taken off
    [InlineData("""{"type":"Strip"}""", " a", "a")]
    [InlineData("""{"type":"Replace","pattern":{"String":"x"},"content":""}""", "xa", "a")]
    [InlineData("""{"type":"BertNormalizer"}""", "\u0007a", "a")]
    [InlineData("""{"type":"StripAccents"}""", "\u0301a", "a")]
    // or is still there
    [InlineData("""{"type":"Strip"}""", "a ", "▁a")]
    [InlineData("""{"type":"Strip","strip_left":false}""", "a ", "▁a")]
    [InlineData("""{"type":"Replace","pattern":{"String":"x"},"content":""}""", "ax", "▁a")]
    [InlineData("""{"type":"Replace","pattern":{"String":"x"},"content":"y"}""", "xa", "▁ya")]
    [InlineData("""{"type":"BertNormalizer"}""", "a\u0007", "▁a")]
    [InlineData("""{"type":"Lowercase"}""", "A", "▁a")]
    [InlineData("""{"type":"Prepend","prepend":"b"}""", "a", "▁ba")]
    public void WhatANormalizerTookOffIsNotForgotten(string normalizer, string text, string expected) =>
        Assert.Equal(expected, StepFile.Words($"\"normalizer\":{normalizer},\"pre_tokenizer\":{First}", text));
}
