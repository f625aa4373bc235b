namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>How words become tokens: each model of Hugging Face's alone, with vocabularies of a few tokens.</summary>
public class PipelineModelTests
{
    [Theory]
    [InlineData("unaffable", "un|##aff|##able")]
    [InlineData("un", "un")]
    [InlineData("unx", "[UNK]")] // as a whole
    [InlineData("able", "[UNK]")] // goes on, and begins no word
    [InlineData("aab", "aa|##b")] // the longest beginning
    public void WordPieceTakesTheLongestBeginnings(string word, string expected) => Assert.Equal(
        expected,
        StepFile.Cut(
            """{"type":"WordPiece","vocab":{"[UNK]":0,"un":1,"##aff":2,"##able":3,"##a":4,"a":5,"aa":6,"##b":7,"##ab":8}}""", word));

    [Theory]
    [InlineData("", 100, true)]
    [InlineData("", 101, false)]
    [InlineData(""","max_input_chars_per_word":3""", 3, true)]
    [InlineData(""","max_input_chars_per_word":3""", 4, false)]
    public void WordPieceKnowsNoWordThatIsTooLong(string limit, int length, bool isKnown)
    {
        var model = $$"""{"type":"WordPiece","vocab":{"[UNK]":0,"😀":1,"##😀":2}{{limit}}}""";
        var expected = isKnown ? string.Join('|', Enumerable.Repeat("##😀", length - 1).Prepend("😀")) : "[UNK]";

        Assert.Equal(expected, StepFile.Cut(model, string.Concat(Enumerable.Repeat("😀", length)))); // counted as characters
    }

    [Fact]
    public void WordPieceHasTheNamesThatTheFileGives() => Assert.Equal(
        "a|--b", StepFile.Cut(
            """{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"--","vocab":{"?":0,"a":1,"--b":2}}""", "ab"));

    [Fact]
    public void AWordIsATokenOrUnknown()
    {
        const string Model = """{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2}}""";
        const string Split = "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"}";

        Assert.Equal("a|?|b", StepFile.Cut(Model, "a ab b", Split));
        Assert.Contains("names a token '!'", StepFile.Refusal("", """{"type":"WordLevel","unk_token":"!","vocab":{"a":0}}"""));
    }

    [Theory]
    [InlineData("aaaaa", "aa|aa|a")] // of equal ones the leftmost
    [InlineData("abc", "a|bc")] // the earlier merge first, wherever it stands
    [InlineData("abab", "abab")] // what was merged merges on
    [InlineData("", "")]
    public void MergesAreTakenByRankThenFromTheLeft(string text, string expected) => Assert.Equal(
        expected,
        StepFile.Cut(
            """
            {"type":"BPE","vocab":{"a":0,"b":1,"c":2,"aa":3,"bc":4,"ab":5,"abab":6},
             "merges":["a a",["b","c"],"a b","ab ab"]}
            """,
            text));

    /// <summary>A pair whose right side has merged on since it was found is no pair any more.</summary>
    [Fact]
    public void AMergeThatWasOvertakenIsNotMade() => Assert.Equal(
        "abc", StepFile.Cut(
            """{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"bc":3,"ab":4,"abc":5},"merges":["b c","a b","a bc"]}""", "abc"));

    /// <summary>As <c>tokenizers</c> reads a list into a map.</summary>
    [Fact]
    public void OfAMergeThatIsThereTwiceTheLastCounts() => Assert.Equal(
        "a|bc", StepFile.Cut("""{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"ab":3,"bc":4},"merges":["a b","b c","a b"]}""", "abc"));

    [Theory]
    [InlineData("", "xay", "a")] // without a token for them they are left out
    [InlineData(""","unk_token":"?" """, "xxay", "?|?|a|?")]
    [InlineData(""","unk_token":"?","fuse_unk":true""", "xxay😀", "?|a|?")]
    [InlineData(""","unk_token":"" """, "xa", "a")]
    public void UnknownCharactersAreLeftOutOrNamed_OneByOneOrFused(string options, string text, string expected) =>
        Assert.Equal(expected, StepFile.Cut($$"""{"type":"BPE","vocab":{"?":0,"a":1},"merges":[]{{options}}}""", text));

    [Theory]
    [InlineData("é", "<0xC3>|<0xA9>")]
    [InlineData("aéa", "a|<0xC3>|<0xA9>|a")]
    [InlineData("aè", "a|?")] // C3 A8: one of two bytes has a token, so that none is used
    [InlineData("<0xC3>", "?|?|?|?|?|?")] // written out it is no byte
    public void BytesStandForACharacterThatIsUnknown(string text, string expected) => Assert.Equal(
        expected,
        StepFile.Cut(
            """{"type":"BPE","unk_token":"?","byte_fallback":true,"vocab":{"?":0,"a":1,"<0xC3>":2,"<0xA9>":3},"merges":[]}""", text));

    [Fact]
    public void PiecesThatGoOnAndThoseThatEndAWordAreMarked() => Assert.Equal(
        "a|##b|##a</w>", StepFile.Cut(
            """
            {"type":"BPE","continuing_subword_prefix":"##","end_of_word_suffix":"</w>",
             "vocab":{"a":0,"b":1,"a</w>":2,"##b":3,"##a</w>":4,"##a":5},"merges":[]}
            """,
            "aba"));

    [Fact]
    public void AMergeOfPiecesThatGoOnDropsTheirPrefix() => Assert.Equal(
        "ab|##a</w>", StepFile.Cut(
            """
            {"type":"BPE","continuing_subword_prefix":"##","end_of_word_suffix":"</w>",
             "vocab":{"a":0,"##b":1,"##a</w>":2,"ab":3},"merges":["a ##b"]}
            """,
            "aba"));

    [Theory]
    [InlineData("true", "abc")]
    [InlineData("false", "ab|c")]
    public void AWholeWordIsAToken_WhereMergesMayBeIgnored(string ignores, string expected) => Assert.Equal(
        expected,
        StepFile.Cut(
            $$"""{"type":"BPE","ignore_merges":{{ignores}},"vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4},"merges":["a b"]}""", "abc"));

    [Theory]
    [InlineData(0, "")]
    [InlineData(0.5, "has the dropout 0.5")]
    public void OnlyADropoutOfNoneGivesIdsThatStay(double dropout, string sentence)
    {
        var model = FormattableString.Invariant($$"""{"type":"BPE","dropout":{{dropout}},"vocab":{"a":0},"merges":[]}""");
        if (sentence.Length == 0) Assert.Equal("a", StepFile.Cut(model, "a"));
        else Assert.Contains(sentence, StepFile.Refusal("", model));
    }

    [Theory]
    // Of equal sums the one found first, from the longest way back
    [InlineData("""["?",0],["a",-1],["b",-1],["ab",-2],["ba",-2]""", "abab", "ab|ab")]
    // Highest sum: -3 against -1 - 1
    [InlineData("""["?",0],["a",-1],["b",-1],["ab",-3]""", "ab", "a|b")]
    // An unknown character costs ten more than the worst piece: -8 - 8 against -18 + 1.75 and 2.25
    [InlineData("""["?",0],["ab",-8],["cd",-8],["bcd",1.75]""", "abcd", "ab|cd")]
    [InlineData("""["?",0],["ab",-8],["cd",-8],["bcd",2.25]""", "abcd", "?|bcd")]
    // Unknown ones in a row are one
    [InlineData("""["?",0],["a",-1]""", "xyaz😀", "?|a|?")]
    // Sums in float64: in float32 the first way would be as good as the second, and found first
    [InlineData("""["?",0],["a",-16777216],["b",0.5],["ab",-16777216]""", "ab", "a|b")]
    // Special tokens are pieces as others are
    [InlineData("""["?",0],["<s>",-1],["<",-1],["s",-1],[">",-1]""", "<s>", "<s>")]
    [InlineData("""["?",0],["a",-1]""", "", "")]
    public void UnigramFindsTheHighestSum(string pieces, string text, string expected) =>
        Assert.Equal(expected, StepFile.Cut($$"""{"type":"Unigram","unk_id":0,"vocab":[{{pieces}}]}""", text));

    [Fact]
    public void TheNameOfTheUnknownIsATokenItself() => Assert.Equal(
        "?", StepFile.Cut("""{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["?",0],["<0x3F>",0]]}""", "?"));

    [Theory]
    [InlineData("true", "a|<0xC3>|<0xA9>")]
    [InlineData("false", "a|?")]
    public void UnigramMayFallBackToBytes(string fallsBack, string expected) => Assert.Equal(
        expected,
        StepFile.Cut(
            $$"""{"type":"Unigram","unk_id":0,"byte_fallback":{{fallsBack}},"vocab":[["?",0],["a",-1],["<0xC3>",0],["<0xA9>",0]]}""",
            "aé"));

    [Theory]
    [InlineData("""{"type":"Unigram","unk_id":1,"vocab":[["a",0]]}""", "its unk_id is 1")]
    [InlineData("""{"type":"Unigram","unk_id":null,"vocab":[["a",0]]}""", "its unk_id is null")]
    [InlineData("""{"type":"Unigram","unk_id":0,"vocab":[]}""", "has an empty vocabulary")]
    [InlineData("""{"type":"Unigram","unk_id":0,"vocab":[["a",0],["a",0]]}""", "has the token 'a' twice")]
    [InlineData("""{"type":"Unigram","unk_id":0,"vocab":[["a"]]}""", "is not a tokenizer.json")]
    [InlineData("""{"type":"BPE","unk_token":"?","vocab":{"a":0},"merges":[]}""", "names a token '?' that its vocabulary lacks")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[7]}""", "has the merge 7")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"aa":1},"merges":["a a a"]}""", "has the merge")]
    [InlineData("""{"type":"BPE","vocab":[],"merges":[]}""", "has no object 'vocab'")]
    [InlineData("""{"type":"WordLevel","unk_token":"a","vocab":{"a":4194304}}""", "the id 4194304; ids are from 0 to below 4194304")]
    public void AModelThatContradictsItselfIsRefused(string model, string sentence) =>
        Assert.Contains(sentence, StepFile.Refusal("", model));

    /// <summary>Files from before tokenizers 0.10 do not say what they are.</summary>
    [Theory]
    [InlineData("""{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}""")]
    [InlineData("""{"vocab":{"[UNK]":0,"ab":1},"unk_token":"[UNK]","max_input_chars_per_word":100}""")]
    [InlineData("""{"vocab":[["?",0],["ab",-1]],"unk_id":0}""")]
    public void AModelWithoutATypeIsToldByWhatItHas(string model) => Assert.Equal("ab", StepFile.Cut(model, "ab"));
}
