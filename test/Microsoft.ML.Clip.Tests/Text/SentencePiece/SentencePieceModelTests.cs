using Clip.Testing;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Text.SentencePiece;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>SentencePiece's own files: what they say, and what is done where they say nothing (<c>sentencepiece_model.proto</c>).</summary>
public sealed class SentencePieceModelTests : IDisposable
{
    private const int Normal = 1, Unknown = 2, Control = 3, OfUser = 4, Unused = 5;

    private const int Unigram = 1, Bpe = 2;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Of the normalizer's switches, both are on where a file does not say.</summary>
    [Theory]
    [InlineData(null, null, "  a   b ", "▁a▁b")]
    [InlineData(0, null, "  a   b ", "a▁b")]
    [InlineData(null, 0, " a  b ", "▁▁a▁▁b▁")]
    [InlineData(0, 0, " a ", "▁a▁")]
    [InlineData(1, 1, " a", "▁a")]
    [InlineData(null, null, "a▁", "▁a")] // the mark itself is a space
    [InlineData(null, null, "   ", "")]
    [InlineData(null, null, "", "")]
    public void SpacesAreTreatedAsTheFileSays(int? prefix, int? removal, string text, string expected)
    {
        var rules = new Proto();
        if (prefix is { } p) rules.Add(3, p);
        if (removal is { } r) rules.Add(4, r);

        Assert.Equal(expected, Cut(Open(Bpe, rules, ("▁", 0, Normal), ("a", 0, Normal), ("b", 0, Normal)), text).Replace("|", ""));
    }

    [Theory]
    [InlineData(Unigram)]
    [InlineData(Bpe)]
    public void OnlyNormalPiecesAndTheUsersStandForPartsOfATextAtAll(int type)
    {
        var tokenizer = Open(
            type, NoPrefix(), ("a", -1, Normal), ("b", -1, Normal), ("ab", 0, Unused), ("ba", 0, Control));

        Assert.Equal("a|b|a|b", Cut(tokenizer, "abab"));
    }

    /// <summary>A piece of the user's is not cut, nor merged with its neighbors, nor is the text in it changed.</summary>
    [Fact]
    public void ThePiecesOfTheUserStayWhole()
    {
        var tokenizer = Open(
            Bpe, NoPrefix(), ("a", 0, Normal), ("b", 0, Normal), ("ab", -1, OfUser), ("aba", -2, Normal), ("aa", -3, Normal));

        Assert.Equal("aa|ab|aa", Cut(tokenizer, "aaabaa"));
    }

    [Fact]
    public void OfThePiecesOfTheUserTheLongestIsFound() => Assert.Equal(
        "abc|ab", Cut(Open(Bpe, NoPrefix(), ("ab", 0, OfUser), ("abc", 0, OfUser)), "abcab"));

    /// <summary>The higher score is the earlier merge, whichever order the file has.</summary>
    [Fact]
    public void BpesScoresAreItsRanks()
    {
        var tokenizer = Open(Bpe, NoPrefix(), ("a", 0, Normal), ("b", 0, Normal), ("c", 0, Normal), ("ab", -2, Normal), ("bc", -1, Normal));

        Assert.Equal("a|bc", Cut(tokenizer, "abc"));
    }

    [Theory]
    [InlineData(Unigram)]
    [InlineData(Bpe)]
    public void UnknownCharactersInARowAreOneToken(int type)
    {
        var tokens = ((Tokenizer)Open(type, NoPrefix(), ("a", -1, Normal))).EncodeToTokens("x😀axy", out _);

        Assert.Equal(["<unk>", "a", "<unk>"], tokens.Select(token => token.Value));
        Assert.Equal([0..3, 3..4, 4..6], tokens.Select(token => token.Offset));
    }

    [Theory]
    [InlineData(Unigram)]
    [InlineData(Bpe)]
    public void WithAPieceForEveryByteNothingIsUnknown(int type)
    {
        var bytes = Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", -5f, 6));
        var tokenizer = Open(type, NoPrefix(), [("a", -1f, Normal), .. bytes]);

        Assert.Equal("<0xC3>|<0xA9>|a|<0xE2>|<0x82>|<0xAC>", Cut(tokenizer, "éa€"));
        Assert.Equal("éa€", tokenizer.Decode(tokenizer.Encode("éa€")));
        Assert.Contains(
            "pieces for some bytes, but not for all 256",
            Assert.Throws<InvalidDataException>(() => Open(type, NoPrefix(), [.. bytes.Skip(1)])).Message);
    }

    /// <summary>Padding of BPE models, as Gemma's; SigLIP's unigram models pad with the end of the text.</summary>
    [Theory]
    [InlineData(Bpe, null, 0)]
    [InlineData(Bpe, 3, 3)]
    [InlineData(Bpe, -1, 0)]
    [InlineData(Unigram, 3, 2)]
    public void TextsAreFilledUpAsTheModelWants(int type, int? padding, int expected)
    {
        var trainer = new Proto().Add(3, type);
        if (padding is { } id) trainer.Add(43, id);

        Assert.Equal(expected, Open(trainer, NoPrefix(), ("a", 0, Normal)).PaddingId);
    }

    [Fact]
    public void UnknownAndEndAreWhereTheFileSays_ElseAtZeroAndTwo()
    {
        Assert.Equal([0, 2], Open(Unigram, NoPrefix(), ("a", 0, Normal)).Encode("x"));
        Assert.Equal(
            [4, 3], Open(new Proto().Add(3, Unigram).Add(40, 4).Add(42, 3), NoPrefix(), ("$", 0, Control), ("?", 0, Unknown)).Encode("x"));
    }

    /// <summary>Where a file does not say which kind it is, it is a unigram model: ab is better than a and b.</summary>
    [Fact]
    public void WithoutATypeAModelIsAUnigramOne() => Assert.Equal(
        "ab", Cut(Open(new Proto(), NoPrefix(), ("a", -2, Normal), ("b", -2, Normal), ("ab", -3, Normal)), "ab"));

    [Theory]
    [InlineData(3, 3, "cuts texts into words or characters")]
    [InlineData(3, 4, "cuts texts into words or characters")]
    [InlineData(42, -1, "names no end of text")]
    [InlineData(42, 4, "names no end of text")]
    [InlineData(40, -1, "its unknown id is -1")]
    [InlineData(40, 4, "its unknown id is 4")]
    public void AModelThatCannotBeUsedIsRefused(int field, int value, string sentence)
    {
        var e = Assert.Throws<InvalidDataException>(() => Open(new Proto().Add(field, value), NoPrefix(), ("a", 0, Normal)));
        Assert.Contains(sentence, e.Message);
    }

    [Fact]
    public void APieceIsThereOnce() => Assert.Contains(
        "the pieces 3 and 4 are both 'a'",
        Assert.Throws<InvalidDataException>(() => Open(Bpe, NoPrefix(), ("a", 0, Normal), ("a", 0, Normal))).Message);

    /// <summary>SigLIP's canonical text has no punctuation; SigLIP 2 keeps it, and both lower the case.</summary>
    [Theory]
    [InlineData(Unigram, "a|b")]
    [InlineData(Bpe, "a|!|b")]
    public void SiglipsTextsLoseTheirPunctuation_Siglip2sDoNot(int type, string expected)
    {
        var tokenizer = Open(type, NoPrefix(), ("a", 0, Normal), ("b", 0, Normal), ("!", 0, Normal));

        Assert.Equal(expected, Cut(tokenizer, "A!B"));
    }

    [Fact]
    public void SiglipsCanonicalTextHasNoneOfAsciisPunctuation()
    {
        const string Signs = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
        Assert.All(Signs, sign => Assert.Equal("ab", SiglipText.Canonicalize($"a{sign}b")));
        Assert.Equal("“a”—ß§", SiglipText.Canonicalize("“A”—ß§"));
    }

    [Theory]
    [InlineData("  A \t\r\n b ", "a b")]
    [InlineData("a\u001Cb\u001Dc\u001Ed\u001Fe", "a b c d e")] // white space in Python
    [InlineData("a\u3000\u2003b\u00A0", "a b")]
    [InlineData("a - b", "a b")]
    [InlineData("- a", "a")]
    [InlineData("ΟΣ!Α", "οςα")] // the case goes before the punctuation does
    [InlineData("", "")]
    [InlineData(" . ", "")]
    public void SiglipsCanonicalTextHasSingleSpacesAndNoCase(string text, string expected) =>
        Assert.Equal(expected, SiglipText.Canonicalize(text));

    [Fact]
    public void DecodedTextShowsWhatIsUnknown_AndNoControl()
    {
        var tokenizer = Open(Bpe, NoPrefix(), ("▁a", 0, Normal), ("▁", 0, Normal));

        Assert.Equal("a a\uFFFD", tokenizer.Decode([4, 1, 3, 3, 0, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([5]));
    }

    [Fact]
    public void ASavedTokenizerCleansAsBefore()
    {
        _folder.Write("open_clip_config.json", """{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"clean":"whitespace"}}}}""");
        var tokenizer = Open(Unigram, NoPrefix(), ("A", -1, Normal), ("!", -1, Normal));
        var (name, content) = tokenizer.Files().Single();

        var again = SiglipTokenizer.FromSaved(name, content, tokenizer.Cleaning);

        Assert.Equal("spiece.model", name);
        Assert.Equal("whitespace", again.Cleaning);
        Assert.Equal([3, 4, 2], again.Encode("A!"));
        Assert.Equal([0, 2], SiglipTokenizer.FromSaved(name, content, null).Encode("A!"));
    }

    private static Proto NoPrefix() => new Proto().Add(3, 0);

    private static string Cut(SiglipTokenizer tokenizer, string text) =>
        string.Join('|', ((Tokenizer)tokenizer).EncodeToTokens(text, out _).Select(token => token.Value));

    private SiglipTokenizer Open(int type, Proto rules, params (string Text, float Score, int Kind)[] pieces) =>
        Open(new Proto().Add(3, type), rules, pieces);

    /// <summary>A model of &lt;unk&gt;, &lt;s&gt;, &lt;/s&gt; and these pieces.</summary>
    private SiglipTokenizer Open(Proto trainer, Proto rules, params (string Text, float Score, int Kind)[] pieces)
    {
        var model = new Proto();
        (string Text, float Score, int Kind)[] all = [("<unk>", 0f, Unknown), ("<s>", 0f, Control), ("</s>", 0f, Control), .. pieces];
        foreach (var (text, score, kind) in all) model.Add(1, new Proto().Add(1, text).Add(2, score).Add(3, kind));
        File.WriteAllBytes(_folder["spiece.model"], model.Add(2, trainer).Add(3, rules).ToArray());
        return SiglipTokenizer.Create(_folder.Path);
    }
}
