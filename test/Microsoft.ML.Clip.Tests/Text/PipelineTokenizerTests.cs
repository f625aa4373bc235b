using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

public sealed class PipelineTokenizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds() => [.. TokenizerKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GivesHuggingFacesIds_AndDecodesAsItDoes(string kind)
    {
        var tokenizer = PipelineTokenizer.Create(TokenizerKinds.Save(kind, _folder));
        var (texts, hashes) = (TokenizerKinds.Texts(), TokenizerKinds.Hashes(kind));
        Assert.Equal(2000, texts.Length);

        // Two of the files tell a limit; of the others nothing is to be cut.
        var limit = tokenizer.PublishedContextLength is < ClipTokenizer.DefaultContextLength and var told ? told : 1000;
        var wrong = texts.Zip(hashes).Where(pair =>
        {
            var ids = tokenizer.Encode(pair.First, limit);
            var decoded = Encoding.UTF8.GetBytes(tokenizer.Decode(ids));
            byte[] hash = [.. SHA256.HashData(MemoryMarshal.AsBytes<int>(ids))[..3], .. SHA256.HashData(decoded)[..2]];
            return !hash.SequenceEqual(pair.Second);
        });
        Assert.Empty(wrong.Select(pair => pair.First));
    }

    [Theory]
    [InlineData("clip", typeof(ClipTokenizer))]
    [InlineData("roberta", typeof(PipelineTokenizer))]
    [InlineData("bert-cased", typeof(PipelineTokenizer))]
    [InlineData("xlm-roberta", typeof(PipelineTokenizer))]
    [InlineData("mt5", typeof(PipelineTokenizer))]
    [InlineData("gemma", typeof(PipelineTokenizer))]
    [InlineData("nllb", typeof(PipelineTokenizer))]
    [InlineData("gemma", typeof(SiglipTokenizer), """{"model_type": "siglip"}""")]
    [InlineData("mt5", typeof(PipelineTokenizer), """{"model_type": "mclip"}""")]
    [InlineData("steps-bytes", typeof(PipelineTokenizer))]
    public void AFolderOpensWithTheTokenizerOfItsKind(string kind, Type expected, string? config = null)
    {
        TokenizerKinds.Save(kind, _folder);
        if (config is not null) File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        Assert.IsType(expected, TextTokenizer.Open(_folder));
    }

    [Fact]
    public void FilesBesideTellLimitAndPadding()
    {
        var alone = PipelineTokenizer.Create(TokenizerKinds.Save("roberta", _folder));
        Assert.Equal((77, 0, false), (alone.PublishedContextLength, alone.PaddingId, alone.PadsLeft));

        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """
            {"model_max_length": 16, "padding_side": "left", "truncation_side": "left", "pad_token": "<pad>"}
            """);
        var told = PipelineTokenizer.Create(_folder);
        Assert.Equal((16, 1, true), (told.PublishedContextLength, told.PaddingId, told.PadsLeft));
        var (whole, cut) = (told.Encode("one two three", 1000), told.Encode("one two three", 5));
        Assert.Equal([whole[0], .. whole[^4..]], cut);

        // Hugging Face's way to say that there is no limit
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"model_max_length": 1000000000000000019884624838656}""");
        Assert.Equal(77, PipelineTokenizer.Create(_folder).PublishedContextLength);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(512, 24)]
    public void OfTwoLimitsTheSmallerCounts(int beside, int expected)
    {
        TokenizerKinds.Save("steps-words", _folder); // truncates at 24
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), $$"""{"model_max_length": {{beside}}}""");

        Assert.Equal(expected, PipelineTokenizer.Create(_folder).PublishedContextLength);
    }

    [Fact]
    public void PaddingOfTheFileCountsWhereNothingElseDoes()
    {
        var tokenizer = PipelineTokenizer.Create(TokenizerKinds.Save("steps-ends", _folder));
        Assert.Equal((1, true), (tokenizer.PaddingId, tokenizer.PadsLeft));
        Assert.Equal(24, PipelineTokenizer.Create(TokenizerKinds.Save("steps-words", _folder)).PublishedContextLength);
    }

    [Fact]
    public void OpenClipsFoldersAreTreatedAsOpenClipDoes()
    {
        var plain = PipelineTokenizer.Create(TokenizerKinds.Save("bert-cased", _folder));
        OpenClip("""{"strip_sep_token": true, "clean": "lower"}""");
        var tokenizer = PipelineTokenizer.Create(_folder);
        int[] expected = [.. plain.Encode("cafÉ &amp; CAT".ToLowerInvariant().Replace("&amp;", "&"))[..^1], 0];
        Assert.Equal(expected, tokenizer.Encode("CafÉ  &amp;amp; CAT"));

        OpenClip("""{"tokenizer_mode": "clips"}""");
        var e = Assert.Throws<InvalidDataException>(() => PipelineTokenizer.Create(_folder));
        Assert.Contains("asks for the tokenizer_mode 'clips' of its tokenizer, which is not supported", e.Message);
    }

    [Theory]
    [InlineData("""{"model":{"type":"Other","vocab":{}}}""", "has a model of type 'Other', which is not supported")]
    [InlineData("""{"normalizer":{"type":"Nmt"},M}""", "has a normalizer of type 'Nmt', which is not supported")]
    [InlineData("""{"normalizer":{"type":"NFC","strength":1},M}""", "the normalizer 'NFC' has 'strength', which is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"UnicodeScripts"},M}""", "has a pre_tokenizer of type 'UnicodeScripts', which is not")]
    [InlineData("""{"pre_tokenizer":{"type":"Punctuation","behavior":"Other"},M}""", "has the behavior 'Other', which is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\bx"},"behavior":"Removed"},M}""", @"\b is not supported")]
    [InlineData(
        """{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a[bc]]"},"behavior":"Removed"}]},M}""",
        "brackets in brackets is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\p{Han}"},"behavior":"Removed"},M}""", "cannot be read")]
    [InlineData("""{"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"sometimes"},M}""", "the prepend_scheme 'sometimes'")]
    [InlineData("""{"post_processor":{"type":"Other"},M}""", "has a post_processor of type 'Other', which is not supported")]
    [InlineData("""{"post_processor":{"type":"BertProcessing","sep":["x",9],"cls":["x",0]},M}""", "the id 9, which is none")]
    [InlineData(
        """{"post_processor":{"type":"TemplateProcessing","special_tokens":{},"single":[{"Sequence":{"id":"A","type_id":1}}]},M}""",
        "gives 'A' a type_id other than 0")]
    [InlineData("""{"decoder":{"type":"CTC"},M}""", "has a decoder of type 'CTC', which is not supported")]
    [InlineData("""{"added_tokens":[{"id":0,"content":"x"}],M}""", "'x' has the id 0, which is that of '[UNK]'")]
    [InlineData("""{"added_tokens":[{"id":5,"content":"x","mood":"good"}],M}""", "has 'mood', which is not supported")]
    [InlineData("""{"truncation":{"max_length":0},M}""", "the truncation has no max_length of 1 or more")]
    [InlineData("""{"padding":{"direction":"Up"},M}""", "direction 'Up'")]
    [InlineData("""{"plugins":{},M}""", "the tokenizer has 'plugins', which is not supported")]
    [InlineData("""{"model":{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}}""", "with which ids would be random")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "is not of two tokens that make a third")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0,"b":0}}}""", "gives 'a' and 'b' the same id 0")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0}}}""", "names a token '[UNK]' that its vocabulary lacks")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":-1}}}""", "the id -1")]
    [InlineData("""{"model":null}""", "has no 'model'")]
    public void WhatIsNotSupportedIsRefusedByName(string json, string sentence)
    {
        var path = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(path, json.Replace("M}", """
            "model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1}}}
            """, StringComparison.Ordinal));
        var e = Assert.Throws<InvalidDataException>(() => PipelineTokenizer.Create(_folder));
        Assert.StartsWith(path, e.Message);
        Assert.Contains(sentence, e.Message);
    }

    [Theory]
    [InlineData("bert-uncased")]
    [InlineData("xlm-roberta")]
    [InlineData("gemma")]
    [InlineData("steps-whole")]
    public void TokensHaveTheirPlacesInTheNormalizedText(string kind)
    {
        var tokenizer = PipelineTokenizer.Create(TokenizerKinds.Save(kind, _folder));
        Assert.All(TokenizerKinds.Texts().Take(400), text =>
        {
            var tokens = ((Tokenizer)tokenizer).EncodeToTokens(text, out var normalized);
            Assert.Equal(tokenizer.EncodeToIds(text), tokens.Select(token => token.Id));
            Assert.Equal(tokens.Select(token => token.Offset.Start.Value).Order(), tokens.Select(token => token.Offset.Start.Value));
            Assert.All(tokens.Where(token => token.Value[0] is not ('[' or '<')), token => Assert.EndsWith(
                normalized![token.Offset], token.Value, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void AnIdThatIsNoneIsNamed()
    {
        var tokenizer = PipelineTokenizer.Create(TokenizerKinds.Save("bert-cased", _folder));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.VocabularySize]));
        Assert.Throws<FileNotFoundException>(() => PipelineTokenizer.Create(Path.Combine(_folder, "nowhere")));
    }

    private void OpenClip(string options) => File.WriteAllText(
        Path.Combine(_folder, "open_clip_config.json"), $$"""{ "model_cfg": { "text_cfg": { "tokenizer_kwargs": {{options}} } } }""");
}
