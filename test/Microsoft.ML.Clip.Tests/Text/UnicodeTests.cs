using System.Text;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Tests.Text;

public class UnicodeTests
{
    [Fact]
    public void TheseTestsRunWithoutIcu()
    {
        // Otherwise they would not show that the embedded table is needed, and used.
        Assert.Equal("e\u0301", "e\u0301".Normalize(NormalizationForm.FormC));
    }

    [Theory]
    [InlineData("cafe\u0301", "café")]
    [InlineData("A\u030Angstro\u0308m", "Ångström")]
    [InlineData("\u212B \u2126", "Å Ω")] // the signs for ångström and ohm are the letters
    [InlineData("e\u0323\u0302 e\u0302\u0323", "ệ ệ")] // marks below and above, in either order
    [InlineData("q\u0307\u0323", "q\u0323\u0307")] // ordered though nothing composes
    [InlineData("a\u0305\u0301", "a\u0305\u0301")] // a mark of the same class stands between
    [InlineData("\u0958", "\u0915\u093C")] // excluded from composition
    [InlineData("\u0F73", "\u0F71\u0F72")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글")]
    [InlineData("\uD55C\u11A8", "한\u11A8")] // the syllable has its tail already
    [InlineData("か\u3099", "が")]
    [InlineData("\uF900 \U0002F800", "豈 丽")] // compatibility ideographs
    [InlineData("\U00011099\U000110BA", "\U0001109A")] // beyond U+FFFF
    public void NormalizesToFormC(string text, string expected)
    {
        Assert.Equal(expected, UnicodeNormalization.ToFormC(text));
        Assert.Equal(expected, UnicodeNormalization.ToFormC(expected));
    }

    [Theory]
    [InlineData("ÀÉÎÕÜ ŁŹ", "àéîõü łź")]
    [InlineData("ДОМ ΓΕΙΑ Ⅷ 𐐀", "дом γεια ⅷ 𐐨")]
    [InlineData("İstanbul I", "i\u0307stanbul i")]
    [InlineData("ΟΔΟΣ ΣΑΣ Σ", "οδος σας σ")]
    [InlineData("ΣΑΣ' ΣΑΣ'Α Α\u0301Σ. 1Σ", "σας' σασ'α α\u0301ς. 1σ")]
    [InlineData("ẞ ǅ K", "ß ǆ k")]
    public void LowersTheCaseAsUnicodeDoes(string text, string expected) => Assert.Equal(expected, LowerCase.Apply(text));

    /// <summary>Form by form: C, D, KC, KD.</summary>
    [Theory]
    [InlineData("é", "é", "e\u0301", "é", "e\u0301")]
    [InlineData("ﬁ²", "ﬁ²", "ﬁ²", "fi2", "fi2")]
    [InlineData("각", "각", "\u1100\u1161\u11A8", "각", "\u1100\u1161\u11A8")] // a syllable of three parts
    [InlineData("가", "가", "\u1100\u1161", "가", "\u1100\u1161")] // and of two
    [InlineData("ǖ", "ǖ", "u\u0308\u0304", "ǖ", "u\u0308\u0304")] // one mark after the other
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "ſ\u0323\u0307", "ṩ", "s\u0323\u0307")] // Unicode's own example
    [InlineData("Å Ω", "Å Ω", "A\u030A Ω", "Å Ω", "A\u030A Ω")]
    [InlineData("ｶﾞ", "ｶﾞ", "ｶﾞ", "ガ", "カ\u3099")]
    [InlineData("\U0001D400", "\U0001D400", "\U0001D400", "A", "A")]
    [InlineData("plain", "plain", "plain", "plain", "plain")]
    public void NormalizesToEachOfTheFourForms(string text, string c, string d, string kc, string kd) => Assert.Equal(
        (c, d, kc, kd),
        (UnicodeNormalization.ToForm(text, isComposed: true, isCompatible: false),
            UnicodeNormalization.ToForm(text, isComposed: false, isCompatible: false),
            UnicodeNormalization.ToForm(text, isComposed: true, isCompatible: true),
            UnicodeNormalization.ToForm(text, isComposed: false, isCompatible: true)));
}
