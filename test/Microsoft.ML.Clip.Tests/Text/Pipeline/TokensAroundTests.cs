using System.Text.Json;
using Clip.Testing;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>What a file and those beside it say of a text's length and of the tokens around it.</summary>
public sealed class TokensAroundTests : IDisposable
{
    private const string Letters =
        """{"type":"BPE","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3,"d":4,"<s>":5,"</s>":6,"<p>":7,"<q>":8},"merges":[]}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("null", new[] { 1, 2 })]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", new[] { 1, 2 })]
    [InlineData("""{"type":"BertProcessing","cls":["<s>",5],"sep":["</s>",6]}""", new[] { 5, 1, 2, 6 })]
    [InlineData(
        """{"type":"RobertaProcessing","cls":["<s>",5],"sep":["</s>",6],"trim_offsets":true,"add_prefix_space":true}""",
        new[] { 5, 1, 2, 6 })]
    [InlineData(
        """
        {"type":"Sequence","processors":[{"type":"BertProcessing","cls":["<p>",7],"sep":["<q>",8]},
         {"type":"BertProcessing","cls":["<s>",5],"sep":["</s>",6]}]}
        """,
        new[] { 5, 7, 1, 2, 8, 6 })] // the later one puts its tokens around those of the earlier
    public void TheTokensAroundATextAreThePostProcessors(string processor, int[] expected) =>
        Assert.Equal(expected, StepFile.Open($"\"post_processor\":{processor}", Letters).Encode("ab"));

    [Fact]
    public void ATemplateMayHaveSeveralTokens_EachOfSeveralIds()
    {
        var tokenizer = StepFile.Open($"\"post_processor\":{Template("<s>", "$A", "</s>", "<p>")}", Letters);

        Assert.Equal([5, 8, 1, 2, 6, 7], tokenizer.Encode("ab"));
        Assert.Equal((5, 7), (tokenizer.StartId, tokenizer.EndId));

        // None of them is cut off.
        Assert.Equal([5, 8, 1, 6, 7], tokenizer.Encode("ab", 5));
        Assert.Equal([5, 8, 6, 7], tokenizer.Encode("ab", 4, truncate: true, out var truncated));
        Assert.True(truncated);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Encode("ab", 3));
    }

    [Fact]
    public void WithoutTokensAroundATextThereIsNeitherStartNorEnd()
    {
        var tokenizer = StepFile.Open("", Letters);

        Assert.Equal((null, null), (tokenizer.StartId, tokenizer.EndId));
        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal(77, tokenizer.Encode(new string('a', 100)).Length);
    }

    [Theory]
    [InlineData("""{"type":"BertProcessing","cls":["<s>"],"sep":["</s>",6]}""", "has no [token, id] as 'cls'")]
    [InlineData("""{"type":"BertProcessing","cls":["<s>",5],"sep":["</s>","6"]}""", "has no [token, id] as 'sep'")]
    [InlineData("""{"type":"RobertaProcessing","sep":["</s>",6]}""", "has no 'cls'")]
    [InlineData("""{"type":"TemplateProcessing","single":[]}""", "has no 'special_tokens'")]
    [InlineData("""{"type":"TemplateProcessing","special_tokens":{},"single":[]}""", "without the text $A")]
    [InlineData("""{"type":"TemplateProcessing","special_tokens":{},"single":[{"Sequence":{"id":"B"}}]}""", "more than the text $A")]
    [InlineData(
        """{"type":"TemplateProcessing","special_tokens":{},"single":[{"Sequence":{"id":"A"}},{"Sequence":{"id":"A"}}]}""",
        "more than the text $A")]
    [InlineData(
        """{"type":"TemplateProcessing","special_tokens":{},"single":[{"SpecialToken":{"id":"<x>"}}]}""",
        "names a token '<x>' without its ids")]
    [InlineData("""{"type":"TemplateProcessing","special_tokens":{},"single":[{}]}""", "neither a Sequence nor a SpecialToken")]
    public void APostProcessorThatSaysTooLittleOrTooMuchIsRefused(string processor, string sentence) =>
        Assert.Contains(sentence, StepFile.Refusal($"\"post_processor\":{processor}", Letters));

    [Theory]
    [InlineData("""{"max_length":2}""", "leaves 2 ids, too few for those around every text")]
    [InlineData("""{"max_length":3,"direction":"Up"}""", "has the direction 'Up'")]
    [InlineData("""{"max_length":3,"side":"Left"}""", "has 'side', which is not supported")]
    public void ALimitThatLeavesNoRoomIsRefused(string truncation, string sentence) => Assert.Contains(
        sentence, StepFile.Refusal($"\"post_processor\":{Template("<s>", "$A", "</s>")},\"truncation\":{truncation}", Letters));

    [Fact]
    public void ALimitOfTheTokensAroundATextLeavesThoseAlone() => Assert.Equal(
        [5, 8, 6],
        StepFile.Open($"\"post_processor\":{Template("<s>", "$A", "</s>")},\"truncation\":{{\"max_length\":3}}", Letters).Encode("ab"));

    [Fact]
    public void PaddingWithAnIdThatIsNoneIsRefused() =>
        Assert.Contains("its padding has the id 9, which is none of its 9 tokens", StepFile.Refusal("\"padding\":{\"pad_id\":9}", Letters));

    [Theory]
    [InlineData("Right", new[] { 5, 8, 1, 6 })]
    [InlineData("Left", new[] { 5, 8, 4, 6 })]
    public void TooLongATextLosesItsEndOrItsBeginning(string direction, int[] expected)
    {
        var tokenizer = StepFile.Open(
            $$"""
            "post_processor":{{Template("<s>", "$A", "</s>")}},"truncation":{"max_length":4,"direction":"{{direction}}"}
            """,
            Letters);

        Assert.Equal(4, tokenizer.PublishedContextLength);
        Assert.Equal(expected, tokenizer.Encode("abcd"));
        Assert.Equal([5, 8, 1, 2, 3, 4, 6], tokenizer.Encode("abcd", 7, truncate: false));
        Assert.Throws<ArgumentException>(() => tokenizer.Encode("abcd", 6, truncate: false));
    }

    /// <summary>What lies beside a file is about its use, and counts before it.</summary>
    [Theory]
    [InlineData("""{"padding_side":"right","truncation_side":"right"}""", false, new[] { 1, 2 })]
    [InlineData("""{"padding_side":"left","truncation_side":"left"}""", true, new[] { 3, 4 })]
    [InlineData("""{"padding_side":null}""", true, new[] { 3, 4 })]
    [InlineData("{}", true, new[] { 3, 4 })]
    public void TheSidesBesideAFileCountBeforeItsOwn(string config, bool padsLeft, int[] cut)
    {
        var tokenizer = Beside(config, "\"padding\":{\"direction\":\"Left\"},\"truncation\":{\"max_length\":2,\"direction\":\"Left\"}");

        Assert.Equal(padsLeft, tokenizer.PadsLeft);
        Assert.Equal(cut, tokenizer.Encode("abcd"));
        Assert.Equal(cut, Again(tokenizer).Encode("abcd"));
        Assert.Equal(padsLeft, Again(tokenizer).PadsLeft);
    }

    /// <summary>The token named beside a file, else the file's id, else the file's token, else 0.</summary>
    [Theory]
    [InlineData("""{"pad_token":"<p>"}""", """{"pad_id":8,"pad_token":"<s>"}""", 7)]
    [InlineData("""{"pad_token":"<none>"}""", """{"pad_id":8,"pad_token":"<s>"}""", 8)]
    [InlineData("{}", """{"pad_id":8,"pad_token":"<s>"}""", 8)]
    [InlineData("{}", """{"pad_token":"<s>"}""", 5)]
    [InlineData("{}", """{"pad_token":"<none>"}""", 0)]
    [InlineData("{}", "null", 0)]
    public void PaddingIsTheNearestThatIsNamed(string config, string padding, int expected)
    {
        var tokenizer = Beside(config, $"\"padding\":{padding}");

        Assert.Equal(expected, tokenizer.PaddingId);
        Assert.Equal(expected, Again(tokenizer).PaddingId);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("65536", 65536)]
    [InlineData("65537", 77)] // no tower reads so many: a way to say that there is no limit
    [InlineData("0", 77)]
    [InlineData("-1", 77)]
    [InlineData("\"7\"", 77)]
    [InlineData("1e30", 77)]
    public void AModelsMaximumLengthIsHeededWhereItIsOne(string length, int expected)
    {
        var tokenizer = Beside($$"""{"model_max_length":{{length}}}""", "");

        Assert.Equal(expected, tokenizer.PublishedContextLength);
        Assert.Equal(expected, Again(tokenizer).PublishedContextLength);
    }

    [Theory]
    [InlineData("""{"padding_side":"up"}""", "has \"up\" as padding_side, which is neither left nor right")]
    [InlineData("""{"truncation_side":1}""", "has 1 as truncation_side, which is neither left nor right")]
    public void ASideThatIsNoneIsRefused(string config, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<InvalidDataException>(() => Beside(config, "")).Message);

    /// <summary>open_clip's strip_sep_token: the separator becomes 0, around a text and in it, by whatever way it is encoded.</summary>
    [Fact]
    public void AStrippedSeparatorIsZeroEverywhere()
    {
        var tokenizer = Beside(
            """{"strip_sep_token":true,"sep_token":"</s>"}""",
            "\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"<s>\",5],\"sep\":[\"</s>\",6]},"
            + "\"added_tokens\":[{\"id\":6,\"content\":\"</s>\"}]");

        Assert.Equal([5, 1, 0, 2, 0], tokenizer.Encode("a</s>b"));
        Assert.Equal([1, 0, 2], ((Tokenizer)tokenizer).EncodeToTokens("a</s>b", out _).Select(token => token.Id));
        Assert.Equal([5, 1, 0, 2, 0], Again(tokenizer).Encode("a</s>b"));
        Assert.Equal([5, 1, 6, 2, 6], Beside("""{"strip_sep_token":false,"sep_token":"</s>"}""", tokenizer).Encode("a</s>b"));
    }

    [Fact]
    public void ASeparatorThatIsNotThereCannotBeStripped()
    {
        var e = Assert.Throws<InvalidDataException>(() => Beside("""{"strip_sep_token":true}""", ""));

        Assert.Contains("has no token '[SEP]', which open_clip's config asks to strip", e.Message);
    }

    [Fact]
    public void AFolderThatIsCleanedIsCleanedAfterSavingToo_ButNotATextThatIsTakenAsClean()
    {
        var tokenizer = Beside("""{"clean":"lower"}""", "");

        Assert.All([tokenizer, Again(tokenizer)], opened =>
        {
            Assert.Equal([1, 2], opened.Encode(" AB "));
            Assert.Equal([0, 0, 0, 0], opened.EncodeToIds(" AB ", considerNormalization: false));
            Assert.Equal(4, opened.EncodeToTokens(" AB ", out _, considerNormalization: false).Count);
        });
    }

    private static PipelineTokenizer Again(PipelineTokenizer tokenizer)
    {
        var files = tokenizer.Files();
        Assert.Equal([PipelineTokenizer.SavedFile, PipelineTokenizer.SavedSettings], files.Select(file => file.Name));
        return PipelineTokenizer.FromSaved(files[0].Content, files[1].Content);
    }

    private PipelineTokenizer Beside(string config, string steps)
    {
        _folder.Write("tokenizer.json", $"{{{steps}{(steps.Length > 0 ? "," : "")}\"model\":{Letters}}}");
        _folder.Write("tokenizer_config.json", config);
        return PipelineTokenizer.Create(_folder.Path);
    }

    private PipelineTokenizer Beside(string config, PipelineTokenizer same)
    {
        File.WriteAllBytes(_folder["tokenizer.json"], same.Files()[0].Content);
        _folder.Write("tokenizer_config.json", config);
        return PipelineTokenizer.Create(_folder.Path);
    }

    /// <summary>The tokens of this order; &lt;s&gt; is two ids.</summary>
    private static string Template(params string[] parts)
    {
        var single = parts.Select(part => part == "$A"
            ? """{"Sequence":{"id":"A","type_id":0}}""" : $$"""{"SpecialToken":{"id":"{{part}}","type_id":0} }""");
        return $$"""
            {"type":"TemplateProcessing","single":[{{string.Join(',', single)}}],"pair":[],"special_tokens":{
             "<s>":{"id":"<s>","ids":[5,8],"tokens":["<s>","<q>"]},"</s>":{"id":"</s>","ids":[6],"tokens":["</s>"]},
             "<p>":{"id":"<p>","ids":[7],"tokens":["<p>"]} } }
            """;
    }
}
