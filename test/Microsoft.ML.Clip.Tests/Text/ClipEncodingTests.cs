using System.Text;
using System.Text.Json;
using Clip.Testing;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Text.Repair;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>CLIP's tokenizer on a vocabulary of a few words: what it promises whatever the vocabulary is.</summary>
public sealed class ClipEncodingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Hugging Face's file of CLIP's kind says the same but for the cleaning: its ids, which are compared with Hugging Face's own, are
    /// CLIP's for texts that are clean.
    /// </summary>
    [Fact]
    public void GivesHuggingFacesIdsForCleanTexts()
    {
        TokenizerKinds.Save("clip", _folder.Path);
        var (clip, huggingFaces) = (ClipTokenizer.Create(_folder.Path), PipelineTokenizer.Create(_folder.Path));

        // Its pattern knows no long s, and takes marks of a kind that CLIP's passes over.
        var texts = TokenizerKinds.Texts().Select(TextCleaner.Clean).Where(text => text.AsSpan().IndexOfAny('ſ', '\u0345') < 0).ToArray();

        Assert.True(texts.Length > 1900);
        Assert.All(texts, text => Assert.Equal(huggingFaces.Encode(text, 1000), clip.Encode(text, 1000)));
    }

    [Fact]
    public void ATextStandsBetweenStartAndEnd()
    {
        var clip = Tiny();
        var (start, end) = (clip.StartOfTextId, clip.EndOfTextId);

        Assert.Equal((TinyVocabulary.Count - 2, TinyVocabulary.Count - 1, TinyVocabulary.Count), (start, end, clip.VocabularySize));
        Assert.Equal((start, end), (clip.StartId, clip.EndId));
        Assert.Equal([start, end], clip.Encode(""));
        Assert.Equal([start, end], clip.Encode(" \t\n"));
        Assert.Equal([start, .. Ids(clip, "a</w>", "photo</w>"), end], clip.Encode("A  photo"));
        Assert.Equal([start, .. Ids(clip, "x", "y</w>"), end], clip.Encode("xy"));
    }

    [Fact]
    public void ATextIsCutSoThatItsEndIsLast_OrRefused()
    {
        var clip = Tiny();
        var whole = clip.Encode("a red thing of a blue thing", 9, truncate: false);

        Assert.Equal(9, whole.Length);
        var cut = clip.Encode("a red thing of a blue thing", 5, truncate: true, out var truncated);
        Assert.Equal([.. whole[..4], clip.EndOfTextId], cut);
        Assert.True(truncated);
        Assert.Equal(whole, clip.Encode("a red thing of a blue thing", 9, truncate: true, out truncated));
        Assert.False(truncated);
        var e = Assert.Throws<ArgumentException>(() => clip.Encode("a red thing of a blue thing", 8, truncate: false));
        Assert.StartsWith(
            "The text 'a red thing of a blue thing' has 9 tokens, more than the context length 8; shorten it or allow truncation.",
            e.Message);

        Assert.Equal([clip.StartOfTextId, clip.EndOfTextId], clip.Encode("a", 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => clip.Encode("a", 1));
    }

    [Theory]
    [InlineData(60, false)]
    [InlineData(61, true)]
    public void AMessageShowsNoMoreThanSixtyCharactersOfAText(int length, bool isCut)
    {
        var text = new string('x', length);
        var e = Assert.Throws<ArgumentException>(() => Tiny().Encode(text, 5, truncate: false));

        Assert.StartsWith($"The text '{new string('x', 60)}{(isCut ? "…" : "")}' has {length + 2} tokens, more than", e.Message);
    }

    [Fact]
    public void WithoutAContextLengthTextsHaveSeventySevenTokens()
    {
        var clip = Tiny();

        Assert.Equal((77, 77), (clip.PublishedContextLength, ClipTokenizer.DefaultContextLength));
        Assert.Equal(
            [clip.StartOfTextId, .. Enumerable.Repeat(clip.IdOf("a</w>")!.Value, 75), clip.EndOfTextId],
            clip.Encode(string.Join(' ', Enumerable.Repeat("a", 90))));
        Assert.Throws<ArgumentException>(() => clip.Encode(string.Join(' ', Enumerable.Repeat("a", 76)), truncate: false));
    }

    [Fact]
    public void OnlyTheTokensAroundATextAreTakenOffIt()
    {
        var clip = Tiny();
        var (start, end) = (clip.StartOfTextId, clip.EndOfTextId);
        int[] inner = Ids(clip, "a</w>", "photo</w>");

        Assert.All(
            (int[][])[inner, [start, .. inner], [.. inner, end], [start, .. inner, end]],
            ids => Assert.Equal("a photo ", clip.Decode(ids)));
        Assert.Equal("a photo <|endoftext|>", clip.Decode([start, .. inner, end, end]));
        Assert.Equal("<|startoftext|>a photo ", clip.Decode([start, start, .. inner, end]));
        Assert.Equal("a <|endoftext|>photo ", clip.Decode([inner[0], end, inner[1]]));
        Assert.All((int[][])[[], [start], [end], [start, end]], ids => Assert.Equal("", clip.Decode(ids)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(530)]
    public void AnIdThatIsNoneIsNamed(int id)
    {
        var clip = Tiny();
        id = id < 0 ? id : clip.VocabularySize;

        var e = Assert.Throws<ArgumentOutOfRangeException>(() => clip.Decode([0, id, 0]));

        Assert.StartsWith($"The vocabulary of {clip.VocabularySize} tokens has no id {id}.", e.Message);
    }

    /// <summary>Bytes that are split among tokens are one character again.</summary>
    [Theory]
    [InlineData("naïve 犬 😀", "naïve 犬 😀 ")]
    [InlineData("ÉTÉ’s", "été 's ")]
    public void DecodingSpellsTheCleanedText(string text, string expected)
    {
        var clip = Tiny();
        Assert.Equal(expected, clip.Decode(clip.Encode(text)));
    }

    /// <summary>The table has a row for every id up to the largest, and a name that is not of bytes' symbols is spelled as it is.</summary>
    [Fact]
    public void AVocabularyMayHaveGaps_AndTokensOfAnyName()
    {
        var clip = Open("""{"a</w>":0,"犬</w>":4,"<|startoftext|>":7,"<|endoftext|>":9}""");

        Assert.Equal(10, clip.VocabularySize);
        Assert.Equal("a 犬 ", clip.Decode([7, 0, 4, 9]));
        Assert.Throws<ArgumentOutOfRangeException>(() => clip.Decode([5]));
        Assert.Equal((4, null), (clip.IdOf("犬</w>"), clip.IdOf("犬")));
    }

    [Fact]
    public void WhatIsTakenAsCleanIsNotCleaned()
    {
        Tokenizer clip = Tiny();

        Assert.NotEqual(clip.EncodeToIds("A PHOTO"), clip.EncodeToIds("A PHOTO", considerNormalization: false));
        Assert.Equal(6, clip.CountTokens("A\tPHO\u2003T\u00A0O", considerNormalization: false)); // split at any white space
        Assert.Equal(clip.EncodeToIds("a photo"), clip.EncodeToIds("a photo", considerNormalization: false));
        clip.EncodeToTokens("A  &amp;", out var cleaned);
        clip.EncodeToTokens("A  &amp;", out var given, considerNormalization: false);
        Assert.Equal(("a &", "A  &amp;"), (cleaned, given));
    }

    /// <summary>The merges' first line names other start and end tokens; a merge of number signs is no such line.</summary>
    [Theory]
    [InlineData("<|startoftext|>", "<|endoftext|>", "#version: 0.2")]
    [InlineData("<s>", "<|endoftext|>", "#version: 0.2 <s> <|endoftext|>")]
    [InlineData("<|startoftext|>", "</s>", "#version: 0.2 <|startoftext|> </s>")]
    public void MergesAreWrittenAsTheyAreRead(string start, string end, string header)
    {
        var clip = Open($$"""{"#":0,"#</w>":1,"##</w>":2,"{{start}}":3,"{{end}}":4}""", $"{header}\n# #</w>\n\n");

        var (vocabulary, merges) = (clip.Files()[0], clip.Files()[1]);

        Assert.Equal((3, 4), (clip.StartOfTextId, clip.EndOfTextId));
        Assert.Equal([3, 2, 4], clip.Encode("##"));
        Assert.Equal(("vocab.json", "merges.txt"), (vocabulary.Name, merges.Name));
        Assert.Equal($"{header}\n# #</w>\n", Encoding.UTF8.GetString(merges.Content).TrimStart('\uFEFF'));
        Assert.Equal(
            [0, 1, 2, 3, 4], JsonSerializer.Deserialize<Dictionary<string, int>>(vocabulary.Content)!.Values);
    }

    /// <summary>Other programs' files: of Windows' line ends, with a byte order mark, and of before tokenizers 0.10.</summary>
    [Fact]
    public void FilesOfOtherProgramsAreRead()
    {
        const string Vocabulary = """{"a":0,"b</w>":1,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}""";
        Assert.Equal([3, 2, 4], Open("\uFEFF" + Vocabulary, "\uFEFF#version: 0.2\r\na b</w>\r\n").Encode("ab"));

        // What tokenizers writes there names no tokens.
        Assert.Equal([3, 2, 4], Open(Vocabulary, "#version: 0.2 - Trained by `huggingface/tokenizers`\na b</w>\n").Encode("ab"));

        _folder.Write("tokenizer.json", $$$"""{"model":{"end_of_word_suffix":"</w>","vocab":{{{Vocabulary}}},"merges":["a b</w>"]}}""");
        Assert.Equal([3, 2, 4], ClipTokenizer.Create(_folder.Path).Encode("ab"));
    }

    /// <summary>The files beside a tokenizer.json name its special tokens, else its post-processor does, each by itself.</summary>
    [Theory]
    [InlineData("""{"bos_token":"<1>","eos_token":"</1>"}""", "<1>", "</1>")]
    [InlineData("""{"bos_token":"<1>"}""", "<1>", "</2>")]
    [InlineData("""{"eos_token":"</1>"}""", "<2>", "</1>")]
    [InlineData("""{"eos_token":null}""", "<2>", "</2>")]
    public void FilesBesideATokenizerJsonNameItsSpecialTokensFirst(string map, string start, string end)
    {
        string[] tokens = ["a</w>", "<1>", "</1>", "<2>", "</2>"];
        _folder.Write("special_tokens_map.json", map);
        var vocabulary = JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id));
        _folder.Write("tokenizer.json", $$"""
            {"post_processor":{"cls":["<2>",3],"sep":["</2>",4]},
             "model":{"type":"BPE","vocab":{{vocabulary}},"end_of_word_suffix":"</w>","merges":[]} }
            """);

        var clip = ClipTokenizer.Create(_folder.Path);

        Assert.Equal((start, end), (tokens[clip.StartOfTextId], tokens[clip.EndOfTextId]));
    }

    /// <summary>A byte that a vocabulary lacks gives the end of a text, which is what CLIP's file names for the unknown.</summary>
    [Fact]
    public void WhatTheVocabularyLacksIsTheEndOfAText() => Assert.Equal(
        [1, 0, 2, 2], Open("""{"a</w>":0,"<|startoftext|>":1,"<|endoftext|>":2}""").Encode("a b"));

    [Fact]
    public void ManyThreadsMayShareOne()
    {
        var clip = Tiny();
        string[] texts = ["a photo of a red thing", "naïve 犬 😀 &amp; ΟΔΟΣ", "cafÃ©", "xyz 123", ""];
        int[][] expected = [.. texts.Select(text => clip.Encode(text))];

        Parallel.For(0, 2000, i => Assert.Equal(expected[i % texts.Length], clip.Encode(texts[i % texts.Length])));
    }

    private static int[] Ids(ClipTokenizer clip, params string[] tokens) => [.. tokens.Select(token => clip.IdOf(token)!.Value)];

    private static ClipTokenizer Open(string vocabulary, string merges = "#version: 0.2\n")
    {
        using MemoryStream tokens = new(Encoding.UTF8.GetBytes(vocabulary)), pairs = new(Encoding.UTF8.GetBytes(merges));
        var tokenizer = ClipTokenizer.Create(tokens, pairs);
        Assert.True(tokens.CanRead && pairs.CanRead); // left open
        return tokenizer;
    }

    private ClipTokenizer Tiny()
    {
        TinyVocabulary.Save(_folder.Path);
        return ClipTokenizer.Create(_folder.Path);
    }
}
