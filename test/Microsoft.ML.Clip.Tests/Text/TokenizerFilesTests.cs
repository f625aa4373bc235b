using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>Opening a tokenizer of a handful of tokens: the formats it comes in, and what can be wrong with each.</summary>
public sealed class TokenizerFilesTests : IDisposable
{
    private const string Vocabulary =
        """{"a":0,"t":1,"t</w>":2,"c":3,"s</w>":4,"at</w>":5,"cat</w>":6,"<|startoftext|>":7,"<|endoftext|>":8}""";

    private const string Merges = "#version: 0.2\na t</w>\nc at</w>\n";

    private const string Json = """
        {"added_tokens":[{"id":7,"content":"<|startoftext|>","special":true},{"id":8,"content":"<|endoftext|>","special":true}],
         "model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0,"t":1,"t</w>":2,"c":3,"s</w>":4,"at</w>":5,"cat</w>":6},
                  "merges":["a t</w>","c at</w>"]}}
        """;

    private const string Head = """{"model":{"type":"BPE","end_of_word_suffix":"</w>",""";

    private static readonly int[] CatAt = [7, 6, 5, 8];

    private readonly string _folder = Directory.CreateTempSubdirectory("clip-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadsVocabularyAndMerges()
    {
        Write("vocab.json", Vocabulary);
        Write("merges.txt", Merges);

        var tokenizer = ClipTokenizer.Create(_folder);

        Assert.Equal(CatAt, tokenizer.Encode("Cat at"));
        Assert.Equal("cat at ", tokenizer.Decode(CatAt));
        Assert.Equal((7, 8, 9), (tokenizer.StartOfTextId, tokenizer.EndOfTextId, tokenizer.VocabularySize));
        Assert.Equal(CatAt, ClipTokenizer.Create(Path("vocab.json"), Path("merges.txt")).Encode("Cat at"));
    }

    [Theory]
    [InlineData(Json)]
    [InlineData("with merges as pairs")]
    public void ReadsTokenizerJsonAlone(string json)
    {
        if (json != Json) json = Json.Replace("""["a t</w>","c at</w>"]""", """[["a","t</w>"],["c","at</w>"]]""");
        Write("tokenizer.json", json);

        Assert.Equal(CatAt, ClipTokenizer.Create(_folder).Encode("Cat at"));
    }

    [Theory]
    [InlineData("special_tokens_map.json", """{"bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false}}""")]
    [InlineData("tokenizer_config.json", """{"eos_token":"</s>","bos_token":{"content":"<s>"}}""")]
    [InlineData("post-processor", "")]
    public void FindsSpecialTokensOfOtherNames(string file, string names)
    {
        var json = Json.Replace("<|startoftext|>", "<s>").Replace("<|endoftext|>", "</s>");
        if (names.Length > 0) Write(file, names);
        else json = json.Replace(
            "\"model\"", """ "post_processor":{"type":"RobertaProcessing","sep":["</s>",8],"cls":["<s>",7]},"model" """);
        Write("tokenizer.json", json);

        var tokenizer = ClipTokenizer.Create(_folder);

        Assert.Equal([7, 6, 8, 5, 8], tokenizer.Encode("cat </s> at"));
        Assert.Equal(CatAt, ThroughStreams(tokenizer).Encode("Cat at"));
    }

    /// <summary>special_tokens_map.json's names, else tokenizer_config.json's, else those of the merges.</summary>
    [Theory]
    [InlineData("""{"bos_token":"<1>","eos_token":"</1>"}""", """{"bos_token":"<2>","eos_token":"</2>"}""", "<1>", "</1>")]
    [InlineData("""{"bos_token":"<1>"}""", """{"bos_token":"<2>","eos_token":"</2>"}""", "<1>", "</2>")]
    [InlineData("""{"eos_token":"</1>"}""", null, "<3>", "</1>")]
    [InlineData(null, """{"bos_token":"<2>"}""", "<2>", "</3>")]
    [InlineData(null, null, "<3>", "</3>")]
    public void TheNearestFileNamesTheSpecialTokens(string? map, string? config, string start, string end)
    {
        string[] tokens = ["a", "<1>", "</1>", "<2>", "</2>", "<3>", "</3>"];
        Write("vocab.json", $"{{{string.Join(',', tokens.Select((token, id) => $"\"{token}\":{id}"))}}}");
        Write("merges.txt", "#version: 0.2 <3> </3>\n");
        if (map is not null) Write("special_tokens_map.json", map);
        if (config is not null) Write("tokenizer_config.json", config);

        var tokenizer = ClipTokenizer.Create(_folder);

        Assert.Equal((start, end), (tokens[tokenizer.StartOfTextId], tokens[tokenizer.EndOfTextId]));
    }

    [Fact]
    public void TokenizerJsonIsReadBeforeVocabularyAndMerges()
    {
        Write("tokenizer.json", Json);
        Write("vocab.json", Vocabulary.Replace("cat</w>", "dog</w>"));
        Write("merges.txt", "#version: 0.2\n");

        Assert.Equal(CatAt, ClipTokenizer.Create(_folder).Encode("Cat at"));
    }

    [Fact]
    public void SavesToStreamsAndBack()
    {
        Write("tokenizer.json", Json);
        var tokenizer = ThroughStreams(ClipTokenizer.Create(_folder));

        Assert.Equal(CatAt, tokenizer.Encode("Cat at"));
        Assert.Equal(9, tokenizer.VocabularySize);
    }

    [Fact]
    public void SaysWhatItLookedFor()
    {
        Write("vocab.json", Vocabulary);

        var folder = Assert.Throws<FileNotFoundException>(() => ClipTokenizer.Create(_folder));
        var files = Assert.Throws<FileNotFoundException>(() => ClipTokenizer.Create(Path("vocab.json"), Path("merges.txt")));

        Assert.Equal($"There is no tokenizer in {_folder}: looked for tokenizer.json, and for vocab.json with merges.txt.", folder.Message);
        Assert.Equal($"There is no file {Path("merges.txt")}; a CLIP tokenizer is a vocab.json and a merges.txt.", files.Message);
    }

    [Theory]
    [InlineData("{\"a\":", Merges, "vocab.json is not a vocabulary, a JSON object of tokens and ids: ")]
    [InlineData("null", Merges, "vocab.json is not a vocabulary: it holds null instead of tokens and ids.")]
    [InlineData(Vocabulary, "a t </w>", "merges.txt: line 1 is 'a t </w>', not two tokens with a space between them.")]
    [InlineData(
        Vocabulary, "c a",
        "merges.txt: the merge 'c a' needs the token 'ca', which $vocab.json does not have: the two do not belong together.")]
    [InlineData(
        Vocabulary, "x a",
        "merges.txt: the merge 'x a' needs the token 'x', which $vocab.json does not have: the two do not belong together.")]
    [InlineData(
        """{"a":0,"<|startoftext|>":1}""", "#version",
        "vocab.json has no token '<|endoftext|>', which CLIP puts around every text: this is not a CLIP vocabulary.")]
    [InlineData("""{"a":0,"b":0}""", "#version", "vocab.json: the tokens 'a' and 'b' have the same id 0, so the file is not a vocabulary.")]
    [InlineData(
        """{"a":2147483647}""", "#version",
        "vocab.json: the token 'a' has the id 2147483647; ids are below 4194304, as rows of a table.")]
    [InlineData("""{"a":2147483648}""", "#version", "vocab.json is not a vocabulary, a JSON object of tokens and ids: ")]
    [InlineData("""{"a":null}""", "#version", "vocab.json is not a vocabulary, a JSON object of tokens and ids: ")]
    [InlineData("""{"a":-1}""", "#version", "vocab.json: the token 'a' has the id -1; ids are 0 or more.")]
    public void RefusesMalformedVocabulariesAndMerges(string vocabulary, string merges, string message)
    {
        Write("vocab.json", vocabulary);
        Write("merges.txt", merges);

        var e = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Create(_folder));

        Assert.StartsWith(Path(message.Replace("$vocab.json", Path("vocab.json"))), e.Message);
    }

    [Theory]
    [InlineData("[1", " is not JSON: ")]
    [InlineData("[]", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData("{}", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData("""{"model":{"type":"Unigram"}}""", " holds a Unigram tokenizer (SentencePiece, as SigLIP's); CLIP's is BPE.")]
    [InlineData(
        """{"model":{"type":"WordPiece"}}""",
        " holds a WordPiece tokenizer; only CLIP's BPE and SigLIP's SentencePiece are supported.")]
    [InlineData(
        """{"model":{"type":"BPE"}}""",
        " holds a BPE tokenizer with the end-of-word suffix ''; CLIP's has '</w>', others are not supported.")]
    [InlineData(
        """{"added_tokens":[{"content":"a","id":1}],"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[]}}""",
        ": the added token 'a' has the id 1, but 0 in the vocabulary.")]
    [InlineData(
        """{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":["a a a"]}}""",
        ": the merge \"a a a\" is not two tokens with a space between them.")]
    [InlineData(Head + """ "vocab":{"a":2147483647},"merges":[]}}""", ": the token 'a' has the id 2147483647; ids are below 4194304")]
    [InlineData(Head + """ "vocab":{"a":2147483648},"merges":[]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[null]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[[null,"a"]]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[["a",7]]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":null}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":null,"merges":[]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":["\ud800 a"]}}""", " is not a tokenizer.json of a CLIP tokenizer: ")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[]},"post_processor":{"cls":[]}}""", " has no token '<|startoftext|>'")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[]},"added_tokens":[{"content":null,"id":1}]}""", " is not a tokenizer.json of a CLIP")]
    [InlineData(Head + """ "vocab":{"a":0},"merges":[]},"added_tokens":[null]}""", " is not a tokenizer.json of a CLIP")]
    [InlineData(
        Head + """ "vocab":{"":0,"<|startoftext|>":1,"<|endoftext|>":2},"merges":[" "]}}""", ": the merge of '' and '' is not one of two")]
    public void RefusesOtherTokenizerJson(string json, string message)
    {
        Write("tokenizer.json", json);

        var e = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Create(_folder));

        Assert.StartsWith(Path("tokenizer.json") + message, e.Message);
    }

    private static ClipTokenizer ThroughStreams(ClipTokenizer tokenizer)
    {
        using MemoryStream vocabulary = new(), merges = new();
        tokenizer.SaveVocabulary(vocabulary, merges);
        vocabulary.Position = merges.Position = 0;
        return ClipTokenizer.Create(vocabulary, merges);
    }

    private string Path(string file) => System.IO.Path.Combine(_folder, file);

    private void Write(string file, string text) => File.WriteAllText(Path(file), text);
}
