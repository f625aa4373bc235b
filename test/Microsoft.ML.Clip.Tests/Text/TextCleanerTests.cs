using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Tests.Text;

public class TextCleanerTests
{
    [Theory]
    [InlineData("  A\tdog \r\n runs ", "a dog runs")]
    [InlineData("", "")]
    [InlineData(" \n ", "")]
    [InlineData("em\u2003space\u3000wide\u00A0", "em space wide")]
    public void MakesWhiteSpaceOneSpaceAndLowersTheCase(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Fact]
    public void LeavesACleanTextAsItIs()
    {
        const string Clean = "a photo of a dog, 2 < 3!";
        Assert.Same(Clean, TextCleaner.Clean(Clean));
    }

    [Theory]
    // UTF-8 read as Latin-1, Windows-1252, Windows-1251, Mac OS Roman, code page 437
    [InlineData("caf\u00C3\u00A9", "café")]
    [InlineData("donâ€™t", "don't")]
    [InlineData("a â€œquoteâ€\u009D here", "a \"quote\" here")]
    [InlineData("РџСЂРёРІРµС‚", "привет")]
    [InlineData("caf√©", "café")]
    [InlineData("caf├⌐", "café")]
    [InlineData("ðŸ˜€", "😀")]
    [InlineData("ã‚¢ãƒ‹ãƒ¡", "アニメ")]
    // several times over, in parts, with lost bytes, only as Windows-1252, by way of entities
    [InlineData("doesnÃƒÂ¢Ã¢â€šÂ¬Ã¢â€žÂ¢t", "doesn't")]
    [InlineData("an â€œÎ±â€\u009D — 犬", "an \"α\" — 犬")]
    [InlineData("voilÃ le travail", "voilà le travail")]
    [InlineData("Ã perturber la rÃ©flexion", "à perturber la réflexion")]
    [InlineData("caf\u00C3\uFFFD", "caf\uFFFD")]
    [InlineData("the end\u0085", "the end…")]
    [InlineData("L&AMP;AMP;ATILDE;&AMP;AMP;SUP3;PEZ", "lópez")]
    // two odd characters side by side are a sign too; so is a letter beyond U+FFFF behind an accent and a closing quote
    [InlineData("¬ª", "»")]
    [InlineData("¬´ Bonjour ¬ª", "« bonjour »")]
    [InlineData("а¤¬", "ब")]
    // a run that is the whole text was tried already, and is not tried again from a later character
    [InlineData("Ś—äş¬", "ś—äş¬")]
    [InlineData("κ³ μ\u009D΄", "κ³ μ\u009D΄")]
    // CESU-8, in one piece and with a lost byte, and Java's way of writing U+0000
    [InlineData("í\u00A0½í¸\u008D", "😍")]
    [InlineData("Hi guys í\u00A0½í¸\u008D!", "hi guys 😍!")]
    [InlineData("í\u00A0½í¸\uFFFD!", "\uFFFD!")]
    [InlineData("catÀ€ Ã©", "cat é")]
    public void RepairsMojibake(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Theory]
    [InlineData("Charlotte Brontë…”", "charlotte brontë…\"")]
    [InlineData("AHÅ™, the new sofa from IKEA®", "ahå™, the new sofa from ikea®")]
    [InlineData("LES CARAÏBES – «été»", "les caraïbes – «été»")]
    [InlineData("São Paulo™ 20°C, 5 €", "são paulo™ 20°c, 5 €")]
    [InlineData("Zażółć gęślą jaźń", "zażółć gęślą jaźń")]
    [InlineData("Русский «текст» №5", "русский «текст» №5")]
    [InlineData("Ελληνικά: «Ναι»", "ελληνικά: «ναι»")]
    [InlineData("(°ロ°) ┌(★ー★)┘", "(°ロ°) ┌(★ー★)┘")]
    public void LeavesGoodTextAlone(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Theory]
    [InlineData("“curly” ‘quotes’ ʼ", "\"curly\" 'quotes' '")]
    [InlineData("ﬂuﬃest Ĳssel ŉ", "fluffiest ijssel 'n")]
    [InlineData("ＦＵＬＬ　ｗｉｄｔｈ！", "full width!")]
    [InlineData("ｶﾞｷﾞ ﾡ ￡", "ガギ ᄀ £")]
    [InlineData("\u001B[1;31mred\u001B[0m [0m", "red [0m")]
    [InlineData("nu\0ll b\u0007ell d\u007Fel \uFEFFbom", "null bell del bom")]
    [InlineData("\uFFF9\uFFFCplaceholder\u206A", "placeholder")]
    [InlineData("zero\u200Dwidth", "zero\u200Dwidth")]
    public void MakesCharactersPlain(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Fact]
    public void HalvesOfCharactersBecomeReplacementCharacters() => Assert.Equal("a\uFFFDb😀", TextCleaner.Clean("a\uD83Db\uD83D\uDE00"));

    [Theory]
    [InlineData("fish &amp;amp;amp; chips", "fish & chips")]
    [InlineData("&lt;b&gt; &amp;lt;", "<b> <")]
    [InlineData("1 < 2 &amp;amp; 3", "1 < 2 & 3")] // twice, also where a '<' keeps the repair from it
    [InlineData("1 < 2 &amp;amp;amp; 3", "1 < 2 &amp; 3")]
    [InlineData("a &lt b &copy2020 &notit;", "a < b ©2020 ¬it;")]
    [InlineData("&#39;&#x27;&#233;&#XE9;", "''éé")]
    [InlineData("&#146;&#8217;", "''")]
    [InlineData("&#0;x&#1;y&#xD800;z&#99999999999;", "\uFFFDxy\uFFFDz\uFFFD")]
    [InlineData("&CounterClockwiseContourIntegral; &fjlig;", "∳ fj")]
    [InlineData("&EACUTE;T&EACUTE; &SZLIG;", "été ss")]
    [InlineData("&INODOT;&IMATH; &inodot;", "ii ı")]
    [InlineData("&MICRO;", "μ")]
    [InlineData("&eacute&#59;", "é;")]
    [InlineData("AT&T R&D & &; &#; &#x; &unknown;", "at&t r&d & &; &#; &#x; &unknown;")]
    public void ResolvesHtmlReferences(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Theory]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("ΟΣ. Σ", "ος. σ")]
    // characters beyond U+FFFF: an emoji's skin color and a vowel sign are passed over, a boxed letter is a letter
    [InlineData("ΟΣ🏻V", "οσ🏻v")]
    [InlineData("s\U000111B7Σ", "s\U000111B7ς")]
    [InlineData("ΟΣ🅀", "οσ🅀")]
    [InlineData("🅀Σ", "🅀ς")]
    [InlineData("ΟΣ𝐀", "οσ𝐀")]
    public void ASigmaThatEndsAWordIsAFinalOne(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Fact]
    public void KeepsEntitiesForHtmlOnlyWhereItLooksLikeHtml()
    {
        // After a '<' a line's entities are left to the two rounds of unescaping, which resolve no capitalised ones.
        Assert.Equal("é", TextCleaner.Clean("&EACUTE;"));
        Assert.Equal("é <b> &eacute;", TextCleaner.Clean("&EACUTE;\n<b> &EACUTE;"));
        Assert.Equal("é <b> &eacute; &eacute;", TextCleaner.Clean("&EACUTE;\n<b> &EACUTE;\n&EACUTE;"));
    }
}
