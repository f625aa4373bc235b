using System.Text.Json;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Text;

public sealed class SiglipTokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("siglip-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("unigram", "spiece.model")]
    [InlineData("bpe", "tokenizer.model")]
    public void EncodesAndDecodesAsSentencePieceDoes(string model, string file)
    {
        File.Copy(SentencePieceFiles.Model(model), Path.Combine(_folder, file));
        var tokenizer = SiglipTokenizer.Create(_folder);
        Assert.All(SentencePieceFiles.Rows(model), row =>
        {
            Assert.Equal(row.Ids, tokenizer.Encode(row.Text));
            Assert.Equal(Readable(row.Decoded), Readable(tokenizer.Decode(row.Ids)));
        });
    }

    [Theory]
    [InlineData("unigram")]
    [InlineData("bpe")]
    public void TokenizerJsonGivesTheSameIds(string model)
    {
        SentencePieceFiles.SaveTokenizerJson(model, Path.Combine(_folder, "tokenizer.json"));
        var tokenizer = SiglipTokenizer.Create(_folder);

        // Of a ▁ in the text itself, and of white space that only Python counts as such, the two formats think differently.
        var rows = SentencePieceFiles.Rows(model).Where(row => row.Text.AsSpan().IndexOfAny('▁', '\u001F') < 0);
        Assert.All(rows, row => Assert.Equal(row.Ids, tokenizer.Encode(row.Text)));
    }

    [Theory]
    // What open_clip's own functions make of the texts
    [InlineData("canonicalize", "sea_waves", "sea waves")]
    [InlineData("canonicalize", "A  Photo, of a CAT!", "a photo of a cat")]
    [InlineData("canonicalize", "cafÃ© &amp;amp; Bar", "café bar")]
    [InlineData("canonicalize", "ΟΔΟΣ!Α", "οδοσα")]
    [InlineData("canonicalize", "“It’s”\u3000ﬁne", "its fine")]
    [InlineData("lower", "A  Photo, of a CAT!", "a photo, of a cat!")]
    [InlineData("whitespace", "cafÃ© &amp;amp;  Bar_x", "café & Bar_x")]
    [InlineData("whitespace_underscore", "cafÃ© &amp;amp;  Bar_x", "café & Bar x")]
    public void AFolderOfOpenClipIsCleanedAsItsConfigSays(string clean, string text, string expected)
    {
        foreach (var (model, file) in new[] { ("unigram", "spiece.model"), ("bpe", "tokenizer.model"), ("bpe", "tokenizer.json") })
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, model + file)).FullName;
            if (file == "tokenizer.json") SentencePieceFiles.SaveTokenizerJson(model, Path.Combine(folder, file));
            else File.Copy(SentencePieceFiles.Model(model), Path.Combine(folder, file));
            var huggingFace = SiglipTokenizer.Create(folder);
            WriteOpenClipConfig(folder, $$"""{ "clean": "{{clean}}" }""");
            var openClip = SiglipTokenizer.Create(folder);

            // What is canonical already is left alone by Hugging Face's rules too.
            if (clean == "canonicalize") Assert.Equal(huggingFace.Encode(expected), openClip.Encode(text));
            Assert.Equal(openClip.Encode(expected), openClip.Encode(text));
            Assert.Equal(clean, openClip.Cleaning);
        }
    }

    [Fact]
    public void OpenClipsDefaultIsWhiteSpace_AndKeepsTheCase()
    {
        File.Copy(SentencePieceFiles.Model("unigram"), Path.Combine(_folder, "spiece.model"));
        Assert.Null(SiglipTokenizer.Create(_folder).Cleaning);
        WriteOpenClipConfig(_folder, "null");

        var tokenizer = SiglipTokenizer.Create(_folder);

        Assert.Equal("whitespace", tokenizer.Cleaning);
        Assert.NotEqual(tokenizer.Encode("a cat"), tokenizer.Encode("A CAT"));
    }

    [Fact]
    public void ACleaningThatOpenClipHasNotIsRefused()
    {
        File.Copy(SentencePieceFiles.Model("unigram"), Path.Combine(_folder, "spiece.model"));
        WriteOpenClipConfig(_folder, """{"clean":"thoroughly"}""");

        var e = Assert.Throws<InvalidDataException>(() => SiglipTokenizer.Create(_folder));

        Assert.Contains("asks for the text cleaning 'thoroughly'", e.Message, StringComparison.Ordinal);
    }

    private static void WriteOpenClipConfig(string folder, string tokenizerOptions) => File.WriteAllText(
        Path.Combine(folder, "open_clip_config.json"),
        $$$"""{ "model_cfg": { "text_cfg": { "hf_tokenizer_name": "x", "tokenizer_kwargs": {{{tokenizerOptions}}} } } }""");

    [Theory]
    [InlineData("unigram", "spiece.model")]
    [InlineData("bpe", "tokenizer.model")]
    public void ADecodedTextBeginsWithoutTheSpaceThatEncodingPutsBeforeIt(string model, string file)
    {
        File.Copy(SentencePieceFiles.Model(model), Path.Combine(_folder, file));
        var tokenizer = SiglipTokenizer.Create(_folder);

        Assert.Equal("a photo of a cat", tokenizer.Decode(tokenizer.Encode("a photo of a cat")));
    }

    [Fact]
    public void LongTextsAreCutBeforeEndOfText_OrRefused()
    {
        File.Copy(SentencePieceFiles.Model("unigram"), Path.Combine(_folder, "spiece.model"));
        var tokenizer = SiglipTokenizer.Create(_folder);
        var ids = tokenizer.Encode("a photo of a cat");
        Assert.Equal([.. ids[..3], ids[^1]], tokenizer.Encode("a photo of a cat", 4, truncate: true, out var truncated));
        Assert.True(truncated);
        var e = Assert.Throws<ArgumentException>(() => tokenizer.Encode("a photo of a cat", 4, truncate: false));
        Assert.Contains("context length 4", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Encode("a", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.VocabularySize]));
        Assert.Equal((64, 1), (tokenizer.PublishedContextLength, tokenizer.PaddingId));
    }

    private const string Bytes =
        """{"model":{"type":"BPE","byte_fallback":true,"unk_token":"a","vocab":{"a":0,"b":1,"</s>":2},""";

    [Theory]
    [InlineData("spiece.model", "not protobuf", "is no SentencePiece model, or it is cut off")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram"}}""", "is not a tokenizer.json of a SentencePiece tokenizer")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram","vocab":[["a",0]]}}""", "its unknown id is -1")]
    [InlineData(
        "tokenizer.json", """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0]]},"normalizer":{"type":"Nmt"}}""",
        "has a normalizer of type 'Nmt', which is not supported")]
    [InlineData(
        "tokenizer.json", """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0]]}}""",
        "has neither a post_processor nor a token </s> or <eos> to end a text with")]
    [InlineData(
        "tokenizer.json",
        """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["</s>",0]]},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "has a pre_tokenizer of type 'BertPreTokenizer', which is not supported")]
    [InlineData(
        "tokenizer.json",
        """{"model":{"type":"BPE","byte_fallback":true,"unk_token":"a","vocab":{"a":0,"b":1,"</s>":2},"merges":["a b"]}}""",
        "the merge \"a b\" is not of two tokens that make a third")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[null]}}""", "is not a tokenizer.json of a SentencePiece tokenizer")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[[null,"b"]]}}""", "is not a tokenizer.json of a SentencePiece tokenizer")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[["a"]]}}""", "is not a tokenizer.json of a SentencePiece tokenizer")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[]},"added_tokens":[{"id":2147483647,"content":"x"}]}""", "has the id 2147483647")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[]},"added_tokens":[{"id":0,"content":null}]}""", "is not a tokenizer.json of a")]
    [InlineData(
        "tokenizer.json", Bytes + """ "merges":[]},"added_tokens":[{"id":0,"content":"a"},{"id":0,"content":"a"}]}""",
        "is not a tokenizer.json of a SentencePiece tokenizer")]
    [InlineData("tokenizer.json", Bytes + """ "merges":[]},"padding":{"pad_id":2147483647}}""", "which is none of its 3 tokens")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram","unk_id":0,"vocab":[[null,0]]}}""", "is not a tokenizer.json of a")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram","unk_id":0,"vocab":[null]}}""", "is not a tokenizer.json of a")]
    public void WhatCannotBeReadIsRefusedInOneSentence(string file, string content, string sentence)
    {
        var path = Path.Combine(_folder, file);
        File.WriteAllText(path, content);
        var e = Assert.Throws<InvalidDataException>(() => TextTokenizer.Open(_folder));
        Assert.StartsWith(path, e.Message);
        Assert.Contains(sentence, e.Message);
    }

    [Fact]
    public void AFolderTellsWhichTokenizerItHas()
    {
        TinyVocabulary.Save(_folder);
        Assert.IsType<ClipTokenizer>(TextTokenizer.Open(_folder));
        Assert.Throws<FileNotFoundException>(() => SiglipTokenizer.Create(_folder));
        SentencePieceFiles.SaveTokenizerJson("unigram", Path.Combine(_folder, "tokenizer.json"));
        Assert.IsType<SiglipTokenizer>(TextTokenizer.Open(_folder));
    }

    [SkippableTheory]
    [InlineData("unigram", "SiglipTokenizer")]
    [InlineData("bpe", "GemmaTokenizer")]
    public void TransformersJsGivesTheSameIds(string model, string className)
    {
        SentencePieceFiles.SaveTokenizerJson(model, Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), $$"""{"tokenizer_class": "{{className}}"}""");
        var tokenizer = TextTokenizer.Open(_folder);

        // Its map of characters is Unicode's NFKC, not the model's own; and it does not lower-case for Gemma, as SigLIP 2 wants it.
        var texts = SentencePieceFiles.Rows(model).Select(r => r.Text.ToLowerInvariant()).Where(t => t.All(char.IsAscii)).ToArray();
        var theirs = NodeScript.Run("tokenize.cjs", _folder, JsonSerializer.Serialize(texts));
        Assert.Equal(texts.Select(text => tokenizer.Encode(text)), JsonSerializer.Deserialize<int[][]>(theirs)!);
    }

    /// <summary>SentencePiece writes what it does not know as ⁇; how many blanks that leaves is nobody's meaning.</summary>
    private static string Readable(string text) =>
        string.Join(' ', text.Replace('⁇', '\uFFFD').Replace("\uFFFD", " \uFFFD ").Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
