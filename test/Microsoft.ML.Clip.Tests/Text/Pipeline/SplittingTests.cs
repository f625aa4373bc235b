namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>How texts are split into words: each pre-tokenizer of Hugging Face's alone, on texts short enough to be read.</summary>
public class SplittingTests
{
    /// <summary>The example of Hugging Face's documentation (SplitDelimiterBehavior).</summary>
    [Theory]
    [InlineData("Removed", "the|final|countdown")]
    [InlineData("Isolated", "the|-|final|-|-|countdown")]
    [InlineData("MergedWithPrevious", "the-|final-|-|countdown")]
    [InlineData("MergedWithNext", "the|-final|-|-countdown")]
    [InlineData("Contiguous", "the|-|final|--|countdown")]
    public void ASplitDoesWithItsMatchesWhatItsBehaviorSays(string behavior, string expected) => Assert.Equal(
        expected,
        StepFile.Split($$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}"}""", "the-final--countdown"));

    [Theory]
    [InlineData("MergedWithPrevious", "-|a-")]
    [InlineData("MergedWithNext", "-a|-")]
    [InlineData("Contiguous", "-|a|-")]
    public void MatchesAtTheEndsHaveNothingToJoin(string behavior, string expected) => Assert.Equal(
        expected, StepFile.Split($$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}"}""", "-a-"));

    [Theory]
    [InlineData("Removed", "ab|cd")]
    [InlineData("Isolated", "ab|,|cd|.")]
    [InlineData("MergedWithPrevious", "ab,|cd.")]
    public void AnInvertedSplitIsAtWhatDoesNotMatch(string behavior, string expected) => Assert.Equal(
        expected,
        StepFile.Split($$"""{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"{{behavior}}","invert":true}""", "ab,cd."));

    [Fact]
    public void WhatIsAlikeSideBySideIsContiguous_MatchesAndOthers() => Assert.Equal(
        "ab|,.|c",
        StepFile.Split("""{"type":"Split","pattern":{"Regex":"[a-z]"},"behavior":"Contiguous","invert":true}""", "ab,.c"));

    [Fact]
    public void AnEmptyMatchJoinsNothing() => Assert.Equal(
        "a|xb", StepFile.Split("""{"type":"Split","pattern":{"Regex":"x*"},"behavior":"MergedWithNext"}""", "axb"));

    [Theory]
    [InlineData("""{"String":"aa"}""", "aaa", "aa|a")] // matches do not overlap
    [InlineData("""{"String":"."}""", "a.b", "a|.|b")] // a string is no expression
    [InlineData("""{"Regex":"^a"}""", "aa\naa", "a|a\n|a|a")] // in every line
    [InlineData("""{"Regex":"a$"}""", "aa\naa", "a|a|\na|a")]
    [InlineData("""{"Regex":"x*"}""", "axb", "a|x|b")] // what is empty is no match
    [InlineData("""{"Regex":"A"}""", "aAa", "a|A|a")]
    [InlineData("""{"Regex":"\\w+"}""", "e\u0301_1Ⓐ² +", "e\u0301_1Ⓐ²| +")]
    [InlineData("""{"Regex":"[\\w+]+"}""", "e\u0301+ Ⅷ", "e\u0301+| |Ⅷ")]
    [InlineData("""{"Regex":"\\W"}""", "e\u0301-a", "e\u0301|-|a")]
    [InlineData("""{"Regex":"[\\[\\]]"}""", "a[b]", "a|[|b|]")]
    [InlineData("""{"Regex":" "}""", "😀 a 😀b", "😀| |a| |😀b")] // places are right behind a character beyond U+FFFF
    [InlineData("""{"Regex":"."}""", "😀a", "😀|a")] // which is one character
    public void PatternsAreReadAsOnigurumaDoes(string pattern, string text, string expected) =>
        Assert.Equal(expected, StepFile.Split($$"""{"type":"Split","pattern":{{pattern}},"behavior":"Isolated"}""", text));

    /// <summary>.NET's expressions see halves of these characters, which are of no kind.</summary>
    [Theory]
    [InlineData("Lu", 0x1D400)]
    [InlineData("Ll", 0x1D41A)]
    [InlineData("Lm", 0x16F93)]
    [InlineData("Lo", 0x20000)]
    [InlineData("Mn", 0x1D167)]
    [InlineData("Mc", 0x1D165)]
    [InlineData("Nd", 0x1D7D8)]
    [InlineData("Nl", 0x10140)]
    [InlineData("No", 0x10107)]
    [InlineData("Pd", 0x10EAD)]
    [InlineData("Po", 0x10100)]
    [InlineData("Sm", 0x1D6C1)]
    [InlineData("Sc", 0x11FDD)]
    [InlineData("Sk", 0x1F3FB)]
    [InlineData("So", 0x1F600)]
    [InlineData("Cf", 0x1D173)]
    [InlineData("Co", 0xF0000)]
    [InlineData("Cn", 0x1FFFE)]
    public void ACharacterBeyondFfffIsOfItsKindInAPattern(string kind, int character)
    {
        var text = $"\t{char.ConvertFromUtf32(character)}\t";
        Assert.Equal("\t|\t", StepFile.Split($$"""{"type":"Split","pattern":{"Regex":"\\p{{{kind}}}"},"behavior":"Removed"}""", text));
        Assert.Equal(text, StepFile.Split($$"""{"type":"Split","pattern":{"Regex":"[^\\t\\p{{{kind}}}]"},"behavior":"Removed"}""", text));
    }

    [Theory]
    [InlineData(@"[\\W]", @"\W in brackets")]
    [InlineData("[a&&b]", "&& in brackets")]
    [InlineData("a{,2}", "{,")]
    [InlineData(@"\\h", @"\h")]
    [InlineData(@"\\H", @"\H")]
    [InlineData(@"\\R", @"\R")]
    [InlineData(@"\\X", @"\X")]
    [InlineData(@"\\K", @"\K")]
    [InlineData(@"\\Z", @"\Z")]
    [InlineData(@"\\B", @"\B")]
    [InlineData(@"\\y", @"\y")]
    [InlineData(@"\\Y", @"\Y")]
    [InlineData(@"(a)\\g1", @"\g")]
    [InlineData(@"(?<x>a)\\k<x>", @"\k")]
    [InlineData("😀", "a character beyond U+FFFF")]
    public void WhatDotNetReadsOtherwiseIsRefused(string expression, string what) => Assert.Contains(
        $"{what} is not supported",
        StepFile.Refusal($$"""
            "pre_tokenizer":{"type":"Split","pattern":{"Regex":"{{expression}}"},"behavior":"Removed"}
            """));

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"String":""},"behavior":"Removed"}""", "neither a String nor a Regex")]
    [InlineData("""{"type":"Split","pattern":{"Glob":"*"},"behavior":"Removed"}""", "has 'Glob', which is not supported")]
    [InlineData("""{"type":"Split","behavior":"Removed"}""", "has no 'pattern'")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"}}""", "has the behavior ''")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"isolated"}""", "has the behavior 'isolated'")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"1"}""", "has the behavior '1'")]
    [InlineData("""{"type":"Metaspace","replacement":"__"}""", "has the replacement '__', which is not one character")]
    [InlineData("""{"type":"Metaspace","add_prefix_space":false,"prepend_scheme":"first"}""", "'first' but no add_prefix_space")]
    [InlineData("""{"type":"Digits","individual_digits":1}""", "has 1 as 'individual_digits', which is neither true nor false")]
    [InlineData("""{"type":"CharDelimiterSplit"}""", "has no 'delimiter'")]
    [InlineData("""{"type":"Sequence"}""", "has no 'pretokenizers'")]
    [InlineData("""{"type":"Sequence","pretokenizers":{}}""", "has no list 'pretokenizers'")]
    public void AStepThatSaysTooLittleOrTooMuchIsRefused(string step, string sentence) =>
        Assert.Contains(sentence, StepFile.Refusal($"\"pre_tokenizer\":{step}"));

    [Theory]
    [InlineData("""{"type":"Whitespace"}""", " Hey, how's_it  3.5? ", "Hey|,|how|'|s_it|3|.|5|?")]
    [InlineData("""{"type":"Whitespace"}""", "e\u0301Ⓐ\u200Dx½ 犬?!", "e\u0301Ⓐ\u200Dx|½|犬|?!")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " a\tb\u3000c-d  e", "a|b|c-d|e")]
    [InlineData("""{"type":"BertPreTokenizer"}""", "don't pay 5$ ¿no?", "don|'|t|pay|5|$|¿|no|?")]
    [InlineData("""{"type":"Punctuation"}""", "a!?b€", "a|!|?|b€")] // a currency sign beyond ASCII is none
    [InlineData("""{"type":"Punctuation","behavior":"Contiguous"}""", "a!?b", "a|!?|b")]
    [InlineData("""{"type":"Digits"}""", "a12½b3", "a|12½|b|3")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "a12½b3", "a|1|2|½|b|3")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"/"}""", "a/b//c", "a|b|c")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits"}]}""", "a1 2", "a|1|2")]
    public void SplitsByKindsOfCharacters(string step, string text, string expected) => Assert.Equal(expected, StepFile.Split(step, text));

    [Theory]
    [InlineData('!', '/')]
    [InlineData(':', '@')]
    [InlineData('[', '`')]
    [InlineData('{', '~')]
    public void EverySignOfAsciiIsPunctuation(char first, char last)
    {
        for (var sign = first; sign <= last; sign++)
            Assert.Equal($"a|{sign}|b", StepFile.Split("""{"type":"Punctuation"}""", $"a{sign}b"));
    }

    [Theory]
    [InlineData("", "Hey you", "ĠHey|Ġyou")]
    [InlineData("", " Hey", "ĠHey")]
    [InlineData(""","add_prefix_space":false""", "Hey you", "Hey|Ġyou")]
    [InlineData(""","add_prefix_space":false,"use_regex":false""", "Hey you", "HeyĠyou")]
    [InlineData(
        ""","add_prefix_space":false""", "I'm he'd it's we'll you've they're isn't 'x",
        "I|'m|Ġhe|'d|Ġit|'s|Ġwe|'ll|Ġyou|'ve|Ġthey|'re|Ġisn|'t|Ġ'|x")]
    [InlineData(""","add_prefix_space":false""", "a  b\n\nc 12?! \t", "a|Ġ|Ġb|Ċ|Ċ|c|Ġ12|?!|Ġĉ")]
    [InlineData(""","add_prefix_space":false""", "é", "Ã©")]
    public void ByteLevelSplitsAsGpt2AndSpellsBytes(string options, string text, string expected) =>
        Assert.Equal(expected, StepFile.Split($$"""{"type":"ByteLevel"{{options}}}""", text));

    [Theory]
    [InlineData("", "Hey  you", "▁Hey|▁|▁you")]
    [InlineData("", " Hey", "▁Hey")] // has the mark already
    [InlineData(""","prepend_scheme":"always","replacement":"_" """, "Hey you", "_Hey|_you")]
    [InlineData(""","prepend_scheme":"never" """, "Hey you", "Hey|▁you")]
    [InlineData(""","prepend_scheme":"first" """, "Hey you", "▁Hey|▁you")]
    [InlineData(""","add_prefix_space":false""", "Hey you", "Hey|▁you")]
    [InlineData(""","add_prefix_space":true,"split":false""", "Hey you", "▁Hey▁you")]
    public void MetaspaceMarksWhereWordsBegin(string options, string text, string expected) =>
        Assert.Equal(expected, StepFile.Split($$"""{"type":"Metaspace"{{options}}}""", text));
}
