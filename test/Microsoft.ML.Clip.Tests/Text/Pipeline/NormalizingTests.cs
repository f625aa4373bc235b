using Microsoft.ML.Clip.Text.Pipeline;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>What happens to texts before they are split: each normalizer of Hugging Face's alone.</summary>
public class NormalizingTests
{
    /// <summary>A ligature, an accent apart and one that is not, and a syllable of parts.</summary>
    [Theory]
    [InlineData("NFC", "ﬁ é é 가")]
    [InlineData("NFD", "ﬁ e\u0301 e\u0301 \u1100\u1161")]
    [InlineData("NFKC", "fi é é 가")]
    [InlineData("NFKD", "fi e\u0301 e\u0301 \u1100\u1161")]
    public void UnicodesFourFormsAreFour(string form, string expected) =>
        Assert.Equal(expected, StepFile.Normalize($$"""{"type":"{{form}}"}""", "ﬁ e\u0301 é \u1100\u1161"));

    [Theory]
    [InlineData("ÀB", "àb")]
    [InlineData("ΟΔΟΣ", "οδοσ")] // character by character: no sigma ends a word
    [InlineData("İI", "i\u0307i")]
    public void LowersTheCaseAsRustDoesIt(string text, string expected) =>
        Assert.Equal(expected, StepFile.Normalize("""{"type":"Lowercase"}""", text));

    [Theory]
    [InlineData("""{"type":"Strip"}""", "\u3000a b\t", "a b")]
    [InlineData("""{"type":"Strip","strip_left":false}""", " a ", " a")]
    [InlineData("""{"type":"Strip","strip_right":false}""", " a ", "a ")]
    [InlineData("""{"type":"StripAccents"}""", "e\u0301 é \u0915\u093E a\u20DD", "e é \u0915 a")] // marks of all three kinds; no letter
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "a b", "▁a b")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "", "")]
    [InlineData("""{"type":"ByteLevel"}""", "é b", "Ã©Ġb")]
    [InlineData("""{"type":"Replace","pattern":{"String":"a."},"content":"$0"}""", "a.ab", "$0ab")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"(a)+"},"content":"$1"}""", "aaba", "$1b$1")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""", "a \n b", "a b")]
    public void EachDoesItsOwn(string step, string text, string expected) => Assert.Equal(expected, StepFile.Normalize(step, text));

    [Theory]
    [InlineData("""{"type":"Lowercase"},{"type":"Replace","pattern":{"String":"A"},"content":"x"}""", "a")]
    [InlineData("""{"type":"Replace","pattern":{"String":"A"},"content":"x"},{"type":"Lowercase"}""", "x")]
    public void StepsAreTakenInTheirOrder(string steps, string expected) =>
        Assert.Equal(expected, StepFile.Normalize($$"""{"type":"Sequence","normalizers":[{{steps}}]}""", "A"));

    [Theory]
    [InlineData("", "É", "e")]
    [InlineData(""","lowercase":false""", "É", "É")]
    [InlineData(""","strip_accents":false""", "É", "é")]
    [InlineData(""","strip_accents":true,"lowercase":false""", "É", "E")]
    [InlineData(""","strip_accents":null,"lowercase":true""", "É", "e")]
    [InlineData("", "\u0915\u093E", "\u0915\u093E")] // a mark that takes space is no accent
    [InlineData("", "a犬b", "a 犬 b")]
    [InlineData(""","handle_chinese_chars":false""", "a犬b", "a犬b")]
    [InlineData("", "a\tb\u00A0c\u0007d\0\uFFFDe\u200D\uE000f", "a b cdef")]
    [InlineData(""","clean_text":false""", "a\tb\u0007\u200D", "a\tb\u0007\u200D")]
    public void BertsFourSwitchesAreHeeded(string options, string text, string expected) =>
        Assert.Equal(expected, StepFile.Normalize($$"""{"type":"BertNormalizer"{{options}}}""", text));

    [Theory]
    [InlineData(0x3400, 0x4DBF)]
    [InlineData(0x4E00, 0x9FFF)]
    [InlineData(0xF900, 0xFAFF)]
    [InlineData(0x20000, 0x2A6DF)]
    [InlineData(0x2A700, 0x2B73F)]
    [InlineData(0x2B740, 0x2B81F)]
    [InlineData(0x2B920, 0x2CEAF)] // where tokenizers has its extension E begin
    [InlineData(0x2F800, 0x2FA1F)]
    public void IdeographsAreTheseBlocks(int first, int last)
    {
        Assert.True(CharacterKinds.IsIdeograph(new(first)) && CharacterKinds.IsIdeograph(new(last)));
        Assert.True(first is 0x2B740 || !CharacterKinds.IsIdeograph(new(first - 1)));
        Assert.True(last is 0x2B73F || !CharacterKinds.IsIdeograph(new(last + 1)));
    }

    [Fact]
    public void HalfACharacterIsAReplacementCharacter() => Assert.Equal("a\uFFFDb😀", StepFile.Words("", "a\uD83Db😀"));

    [Fact]
    public void AnUnknownPropertyThatIsNullAsksForNothing() =>
        Assert.Equal("é", StepFile.Normalize("""{"type":"NFC","strength":null}""", "e\u0301"));

    [Theory]
    [InlineData("""{"type":"Prepend"}""", "has no 'prepend'")]
    [InlineData("""{"type":"Replace","pattern":{"String":"a"}}""", "has no 'content'")]
    [InlineData("""{"type":"Replace","pattern":{"String":"a"},"content":1}""", "has 1 as 'content', which is no text")]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"?"}""", "precompiled_charsmap is not base64")]
    [InlineData("""{"type":"Sequence","normalizers":["NFC"]}""", "the normalizer is \"NFC\", not an object")]
    public void AStepThatSaysTooLittleIsRefused(string step, string sentence) =>
        Assert.Contains(sentence, StepFile.Refusal($"\"normalizer\":{step}"));
}
