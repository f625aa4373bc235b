using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>Which of the three tokenizers a folder is opened with: they give a text different ids.</summary>
public sealed class TokenizerKindTests : IDisposable
{
    private const string Unigram = """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["</s>",0],["▁a",0]]}}""";

    private const string Gemma = """
        {"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<unk>":0,"<eos>":1,"a":2},"merges":[]},
         "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{},"pair":[]}}
        """;

    private const string ClipJson = """
        {"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"}]},
         "model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a</w>":0,"<|startoftext|>":1,"<|endoftext|>":2},"merges":[]}}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{}", true)] // by its shape
    [InlineData("""{"model_type":"SigLIP2"}""", true)]
    [InlineData("""{"model_type":"siglip_text_model"}""", true)]
    [InlineData("""{"model_type":"xlm-roberta"}""", false)]
    public void AConfigsTypeOfModelTells(string config, bool isSiglip)
    {
        _folder.Write("config.json", config);
        AssertSiglip(isSiglip, Unigram);
        AssertSiglip(isSiglip, Gemma);
    }

    [Theory]
    [InlineData("SiglipTokenizer", true)]
    [InlineData("GemmaTokenizerFast", true)]
    [InlineData("T5TokenizerFast", true)]
    [InlineData("PreTrainedTokenizerFast", true)]
    [InlineData("TokenizersBackend", true)]
    [InlineData("XLMRobertaTokenizer", false)]
    [InlineData("NllbTokenizer", false)]
    public void TheClassOfATokenizerTells(string name, bool isSiglip)
    {
        _folder.Write("tokenizer_config.json", $$"""{"tokenizer_class":"{{name}}"}""");
        AssertSiglip(isSiglip, Unigram);
    }

    /// <summary>A tokenizer of SigLIP's name is one, whatever its shape; of a name that others share the shape tells.</summary>
    [Theory]
    [InlineData("SiglipTokenizer", true)]
    [InlineData("T5Tokenizer", false)]
    public void TheShapeTellsWhereTheNameDoesNot(string name, bool isSiglip)
    {
        _folder.Write("tokenizer_config.json", $$"""{"tokenizer_class":"{{name}}"}""");
        AssertSiglip(isSiglip, Unigram.Replace("{\"model\"", "{\"normalizer\":{\"type\":\"NFC\"},\"model\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"type":"Lowercase"}""", true)]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}""", true)]
    [InlineData("""{"type":"NFC"}""", false)]
    public void AUnigramModelThatDoesNotLowerTheCaseIsAnothers(string normalizer, bool isSiglip)
    {
        AssertSiglip(isSiglip, Unigram.Replace("{\"model\"", $"{{\"normalizer\":{normalizer},\"model\"", StringComparison.Ordinal));

        // SigLIP 2's own file leaves that to the caller.
        AssertSiglip(true, Gemma.Replace("{\"model\"", $"{{\"normalizer\":{normalizer},\"model\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<eos>","type_id":0}}""", true)]
    [InlineData("""{"SpecialToken":{"id":"<eos>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}""", false)]
    public void SiglipPutsNothingBeforeAText(string parts, bool isSiglip) => AssertSiglip(
        isSiglip,
        Gemma.Replace("""{"Sequence":{"id":"A","type_id":0}}""", parts, StringComparison.Ordinal).Replace(
            "\"special_tokens\":{}", """
            "special_tokens":{"<eos>":{"id":"<eos>","ids":[1],"tokens":["<eos>"]}}
            """,
            StringComparison.Ordinal));

    [Fact]
    public void ATextTowerOfHuggingFacesInOpenClipsConfigIsNoSiglips()
    {
        _folder.Write("open_clip_config.json", """{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x"}}}""");
        AssertSiglip(true, Unigram);
        _folder.Write("open_clip_config.json", """{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x","hf_model_name":"x"}}}""");
        AssertSiglip(false, Unigram);
    }

    /// <summary>CLIP's marks the ends of words, is byte-level and lower-cases; of another the file alone tells what is done.</summary>
    [Theory]
    [InlineData("", "", typeof(ClipTokenizer))]
    [InlineData("\"type\":\"BPE\",", "", typeof(ClipTokenizer))]
    [InlineData("{\"type\":\"ByteLevel\"}", "{\"type\":\"Whitespace\"}", typeof(PipelineTokenizer))]
    [InlineData("{\"type\":\"Lowercase\"}", "{\"type\":\"NFD\"}", typeof(PipelineTokenizer))]
    [InlineData("\"end_of_word_suffix\":\"</w>\",", "", typeof(PipelineTokenizer))]
    public void ClipsTokenizerIsToldByWhatItDoes(string old, string by, Type expected)
    {
        _folder.Write("tokenizer.json", old.Length == 0 ? ClipJson : ClipJson.Replace(old, by, StringComparison.Ordinal));

        Assert.IsType(expected, TextTokenizer.Open(_folder.Path));
    }

    [Fact]
    public void ClipsTokenizerMayLeaveItsStepsUnsaid()
    {
        _folder.Write("tokenizer.json", ClipJson[ClipJson.IndexOf("\"model\"", StringComparison.Ordinal)..].Insert(0, "{"));

        Assert.IsType<ClipTokenizer>(TextTokenizer.Open(_folder.Path));
    }

    /// <summary>The first of tokenizer.json, vocab.json with merges.txt, spiece.model and tokenizer.model.</summary>
    [Fact]
    public void OfSeveralFilesTheFirstInOrderCounts()
    {
        File.Copy(SentencePieceFiles.Model("bpe"), _folder["tokenizer.model"]);
        var bpe = TextTokenizer.Open(_folder.Path);
        File.Copy(SentencePieceFiles.Model("unigram"), _folder["spiece.model"]);
        var unigram = TextTokenizer.Open(_folder.Path);
        Assert.IsType<SiglipTokenizer>(bpe);
        Assert.IsType<SiglipTokenizer>(unigram);
        Assert.NotEqual(bpe.Encode("a photo"), unigram.Encode("a photo"));
        Assert.Equal("spiece.model", unigram.Files()[0].Name);

        Models.TinyVocabulary.Save(_folder.Path);
        Assert.Equal(Models.TinyVocabulary.Count, Assert.IsType<ClipTokenizer>(TextTokenizer.Open(_folder.Path)).VocabularySize);
        _folder.Write("tokenizer.json", ClipJson);
        Assert.Equal(3, Assert.IsType<ClipTokenizer>(TextTokenizer.Open(_folder.Path)).VocabularySize);
    }

    private void AssertSiglip(bool expected, string json)
    {
        _folder.Write("tokenizer.json", json);
        Assert.IsType(expected ? typeof(SiglipTokenizer) : typeof(PipelineTokenizer), TextTokenizer.Open(_folder.Path));
    }
}
