using System.Text.Json;
using Clip.Testing;
using Microsoft.ML.Clip.Text.SentencePiece;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>What a <c>tokenizer.json</c> of SigLIP's kind says, step by step.</summary>
public sealed class SentencePieceJsonTests : IDisposable
{
    /// <summary>Letters and their capitals, so that it is seen what was made of a text.</summary>
    private const string Unigram = """
        "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["</s>",0],["a",-1],["b",-1],["A",-1],["▁",-1],["<pad>",0],["ab",-1.5]]}
        """;

    private const string Bpe = """
        "model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<unk>":0,"</s>":1,"a":2,"b":3,"A":4,"ab":5,"ba":6},
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("null", " A.", " A.")]
    [InlineData("""{"type":"Lowercase"}""", "AΟΣ", "aος")] // a sigma that ends a word is a final one
    [InlineData("""{"type":"NFC"}""", "e\u0301", "é")]
    [InlineData("""{"type":"Strip"}""", "\u3000a ", "a")]
    [InlineData("""{"type":"Strip","strip_left":false}""", " a ", " a")]
    [InlineData("""{"type":"Strip","strip_right":false}""", " a ", "a ")]
    [InlineData("""{"type":"Strip","strip_left":false,"strip_right":false}""", " a ", " a ")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "a", "▁a")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "", "")]
    [InlineData("""{"type":"Replace","pattern":{"String":"a."},"content":"$0"}""", "a.ab", "$0ab")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"(a)+"},"content":"$1"}""", "aab", "$1b")]
    [InlineData(
        """
        {"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"Replace","pattern":{"String":"A"},"content":"x"},
         {"type":"Prepend","prepend":"b"}]}
        """,
        "A", "ba")]
    public void NormalizesAsTheFileSays(string step, string text, string expected) =>
        Assert.Equal(expected, TokenizerSteps.Normalizer(Step(step), "a file")(text));

    [Theory]
    [InlineData("null", "a b", "a b")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " a\u3000b  c", "a|b|c")]
    [InlineData("""{"type":"Split","pattern":{"String":"."},"behavior":"MergedWithPrevious"}""", "a..bc", "a.|.|bc")]
    [InlineData("""{"type":"Metaspace"}""", "a  b", "▁a|▁|▁b")]
    [InlineData("""{"type":"Metaspace"}""", " a", "▁a")]
    [InlineData("""{"type":"Metaspace"}""", "", "")]
    [InlineData("""{"type":"Metaspace","replacement":"."}""", "a b", ".a|.b")]
    [InlineData("""{"type":"Metaspace","split":false}""", "a b", "▁a▁b")]
    [InlineData("""{"type":"Metaspace","add_prefix_space":false}""", "a b", "a|▁b")]
    [InlineData("""{"type":"Metaspace","prepend_scheme":"never"}""", "a b", "a|▁b")]
    [InlineData("""{"type":"Metaspace","prepend_scheme":"always"}""", "a", "▁a")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace"}]}""", "a b", "▁a|▁b")]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","prepend_scheme":"first"}]}""",
        "a b", "▁a|b")]
    public void SplitsAsTheFileSays(string step, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', TokenizerSteps.Splitter(Step(step), "a file")(text, true)));

    [Theory]
    [InlineData("first", "a")]
    [InlineData("always", "▁a")]
    public void OnlyTheFirstPartIsMarkedByTheSchemeFirst(string scheme, string later)
    {
        var split = TokenizerSteps.Splitter(Step($$"""{"type":"Metaspace","prepend_scheme":"{{scheme}}"}"""), "a file");

        Assert.Equal(["▁a"], split("a", true));
        Assert.Equal([later], split("a", false));
    }

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"String":"."},"behavior":"Removed"}""")]
    [InlineData("""{"type":"Punctuation"}""")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Digits"}]}""")]
    public void AnotherWayToSplitIsRefused(string step) =>
        Assert.Throws<InvalidDataException>(() => TokenizerSteps.Splitter(Step(step), "a file"));

    [Fact]
    public void APatternThatCannotBeReadIsRefused() => Assert.Throws<InvalidDataException>(
        () => TokenizerSteps.Normalizer(Step("""{"type":"Replace","pattern":{"Regex":"("},"content":""}"""), "a file"));

    /// <summary>SigLIP 2 was trained on lower-cased texts, which its file does not say; SigLIP's file says all.</summary>
    [Fact]
    public void OnlyTextsOfSiglip2AreLowerCasedUnasked()
    {
        Assert.Equal([2, 1], Open(Bpe + "\"merges\":[]}").Encode("A"));
        Assert.Equal([4, 1], Open(Unigram).Encode("A"));

        // Before all that the file says.
        const string Replace = """
            "normalizer":{"type":"Replace","pattern":{"String":"A"},"content":"b"},
            """;
        Assert.Equal([2, 1], Open(Replace + Bpe + "\"merges\":[]}").Encode("A"));

        _folder.Write("open_clip_config.json", """{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"clean":"whitespace"}}}}""");
        Assert.Equal([4, 1], Open(Bpe + "\"merges\":[]}").Encode("A"));
    }

    [Theory]
    [InlineData("[\"a b\",\"b a\"]", "bab", new[] { 3, 5, 1 })]
    [InlineData("[\"b a\",\"a b\"]", "bab", new[] { 6, 3, 1 })]
    [InlineData("[[\"b\",\"a\"],[\"a\",\"b\"],[\"b\",\"a\"]]", "bab", new[] { 6, 3, 1 })] // of one that is there twice the first counts
    public void TheEarlierMergeGoesFirst(string merges, string text, int[] expected) =>
        Assert.Equal(expected, Open($"{Bpe}\"merges\":{merges}}}").Encode(text));

    [Fact]
    public void AddedTokensAreWholeWhereverTheyStand_AndReadersDoNotSeeThem()
    {
        var tokenizer = Open($$"""
            "added_tokens":[{"id":6,"content":"<pad>"},{"id":8,"content":"<Ab>"}],
            "pre_tokenizer":{"type":"Metaspace","prepend_scheme":"first"},
            {{Unigram}}
            """);

        Assert.Equal([5, 2, 8, 3, 1], tokenizer.Encode("a<Ab>b")); // as it is written; what follows is not first
        Assert.Equal("ab", tokenizer.Decode([2, 8, 3]));
        var tokens = ((Tokenizer)tokenizer).EncodeToTokens("a<Ab>b", out var normalized);
        Assert.Equal(["▁", "a", "<Ab>", "b"], tokens.Select(token => normalized![token.Offset]));
        Assert.Equal(9, tokenizer.VocabularySize);
        Assert.Equal((8, null), (tokenizer.IdOf("<Ab>"), tokenizer.IdOf("<ab>")));
    }

    [Theory]
    [InlineData("", 6)] // <pad>
    [InlineData("\"padding\":{\"pad_id\":3},", 3)]
    [InlineData("\"padding\":{\"pad_token\":\"a\"},", 6)]
    [InlineData("\"padding\":null,", 6)]
    public void TextsAreFilledUpWithTheFilesPadding_ElseWithPad(string padding, int expected) =>
        Assert.Equal(expected, Assert.IsType<SiglipTokenizer>(Open(padding + Unigram)).PaddingId);

    [Fact]
    public void WithoutATokenForItTextsAreFilledUpWithTheirEnd() =>
        Assert.Equal(1, Assert.IsType<SiglipTokenizer>(Open(Bpe + "\"merges\":[]}")).PaddingId);

    [Theory]
    [InlineData("", "</s>", new[] { 2, 1 })]
    [InlineData("", "<eos>", new[] { 2, 1 })]
    [InlineData("""{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}},{"SpecialToken":{"id":"b"}}""", "</s>", new[] { 2, 1, 3 })]
    [InlineData("""{"SpecialToken":{"id":"b"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}}""", "</s>", new[] { 3, 2, 1 })]
    public void TheTokensAroundATextAreTheTemplates_ElseItsEnd(string parts, string end, int[] expected)
    {
        _folder.Write("config.json", """{"model_type":"siglip"}""");
        var processor = parts.Length == 0 ? "" : $"\"post_processor\":{{\"type\":\"TemplateProcessing\",\"single\":[{parts}]}},";

        Assert.Equal(expected, Open(processor + Unigram.Replace("</s>", end, StringComparison.Ordinal)).Encode("a"));
    }

    [Theory]
    [InlineData("""{"type":"BertProcessing"}""", "has a post_processor of type 'BertProcessing'")]
    [InlineData(
        """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<x>"}}]}""", "names a token '<x>'")]
    public void OtherTokensAroundATextAreRefused(string processor, string sentence)
    {
        _folder.Write("config.json", """{"model_type":"siglip"}""");
        var e = Assert.Throws<InvalidDataException>(() => Open($"\"post_processor\":{processor},{Unigram}"));
        Assert.Contains(sentence, e.Message);
    }

    [Theory]
    [InlineData("{\"id\":7,\"content\":\"x\"}", "'x' has the id 7, which does not fit")] // another's
    [InlineData("{\"id\":9,\"content\":\"x\"}", "'x' has the id 9, which does not fit")] // leaves a gap
    public void AddedTokensFollowTheVocabulary(string token, string sentence)
    {
        var e = Assert.Throws<InvalidDataException>(() => Open($"\"added_tokens\":[{token}],{Unigram}"));
        Assert.Contains(sentence, e.Message);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("-1")]
    public void PaddingIsATokenOfTheVocabulary(string id)
    {
        var e = Assert.Throws<InvalidDataException>(() => Open($"\"padding\":{{\"pad_id\":{id}}},{Unigram}"));
        Assert.Contains($"has the id {id}, which is none of its 8 tokens", e.Message);
    }

    /// <summary>What no piece covers is the unknown token, which stands anywhere, or bytes' tokens, which may come first.</summary>
    [Fact]
    public void WhatNoPieceCoversIsUnknownOrBytes()
    {
        Assert.Equal([2, 0, 1], Open(Unigram).Encode("aé"));
        const string Last = """
            "model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"</s>":0,"a":1,"<unk>":2},"merges":[]}
            """;
        Assert.Equal([1, 2, 0], Open(Last).Encode("aé"));

        var pieces = Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>").Concat(["<unk>", "</s>", "a"]);
        var vocabulary = string.Join(',', pieces.Select((piece, id) => $"\"{piece}\":{id}"));
        var tokenizer = Open($$"""
            "model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{{{vocabulary}}},"merges":[]}
            """);
        Assert.Equal([258, 0xC3, 0xA9, 257], tokenizer.Encode("aé"));
    }

    [Fact]
    public void BytesAreAllThereOrNone()
    {
        var e = Assert.Throws<InvalidDataException>(() => Open("""
            "model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<0x00>":0,"</s>":1,"<unk>":2},"merges":[]}
            """));
        Assert.Contains("pieces for some bytes, but not for all 256", e.Message);
    }

    [Fact]
    public void AVocabularyHasNoGaps()
    {
        var e = Assert.Throws<InvalidDataException>(
            () => Open("""
                "model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<unk>":0,"</s>":2},"merges":[]}
                """));

        Assert.Contains("no token of its vocabulary has the id 1", e.Message);
    }

    private TextTokenizer Open(string json)
    {
        _folder.Write("tokenizer.json", $"{{{json}}}");
        return TextTokenizer.Open(_folder.Path);
    }

    private static JsonElement? Step(string json) => json == "null" ? null : JsonSerializer.Deserialize<JsonElement>(json);
}
