using System.Text.Json.Nodes;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Conversion.Tests.Tokenizing;

public sealed class BpeVocabularyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clip-vocabulary-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TokenizerJsonAloneEqualsVocabularyAndMerges()
    {
        var vocabulary = BpeTrainer.Train(["a photo of a dog", "a \"quoted\" <b>photo</b>"], 560);
        vocabulary.Save(_folder);

        var json = BpeVocabulary.Load(KeepOnly("tokenizer.json"));
        var pair = BpeVocabulary.Load(KeepOnly("vocab.json", "merges.txt"));

        Assert.All([json, pair], loaded =>
        {
            Assert.Equal(vocabulary.Ids, loaded.Ids);
            Assert.Equal(vocabulary.Merges, loaded.Merges);
            Assert.Equal((vocabulary.StartOfTextId, vocabulary.EndOfTextId), (loaded.StartOfTextId, loaded.EndOfTextId));
        });
    }

    [Fact]
    public void TokenizerJsonIsWhatHuggingFaceReads()
    {
        BpeTrainer.Train(["a photo"], 516).Save(_folder);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "tokenizer.json")))!;

        Assert.Equal(["NFC", "Replace", "Lowercase"], Types(json["normalizer"]!["normalizers"]!));
        Assert.Equal(["Split", "ByteLevel"], Types(json["pre_tokenizer"]!["pretokenizers"]!));
        Assert.Equal(
            """["<|endoftext|>",515]""",
            json["post_processor"]!["sep"]!.ToJsonString().Replace("\\u003C", "<").Replace("\\u003E", ">"));
        Assert.Equal(["<|startoftext|>", "<|endoftext|>"], json["added_tokens"]!.AsArray().Select(t => (string?)t!["content"]));
        Assert.Equal("</w>", (string?)json["model"]!["end_of_word_suffix"]);

        static IEnumerable<string?> Types(JsonNode steps) => steps.AsArray().Select(s => (string?)s!["type"]);
    }

    [Fact]
    public void SpecialTokensKeepTheirNames()
    {
        BpeTrainer.Train(["a photo"], 516).Save(_folder);
        foreach (var file in Directory.GetFiles(_folder))
            File.WriteAllText(file, File.ReadAllText(file).Replace("<|startoftext|>", "<start>").Replace("<|endoftext|>", "<end>"));

        BpeVocabulary.Load(KeepOnly("tokenizer.json")).Save(Path.Combine(_folder, "copy"));

        var copy = BpeVocabulary.Load(Path.Combine(_folder, "copy"));
        Assert.Equal((514, 515), (copy.Ids["<start>"], copy.Ids["<end>"]));
        Assert.Equal((514, 515), (copy.StartOfTextId, copy.EndOfTextId));
    }

    [SkippableFact]
    public void CopiesClipsOwnVocabulary()
    {
        var original = Golden.Path("golden/clip_tokenizer");
        BpeVocabulary.Load(original).Save(_folder);

        Assert.Equal(
            File.ReadAllText(Path.Combine(original, "merges.txt")).TrimEnd(),
            File.ReadAllText(Path.Combine(_folder, "merges.txt")).TrimEnd());
        const string Caption = "A café’s menu: fish & chips";
        Assert.Equal(ClipTokenizer.Create(original).Encode(Caption), ClipTokenizer.Create(KeepOnly("tokenizer.json")).Encode(Caption));
    }

    [Fact]
    public void AFolderWithoutTokenizerIsOneSentence()
    {
        var e = Assert.Throws<ClipException>(() => BpeVocabulary.Load(_folder));

        Assert.Equal($"There is no tokenizer in {_folder}: looked for tokenizer.json, and for vocab.json with merges.txt.", e.Message);
    }

    private string KeepOnly(params string[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "only", string.Concat(files))).FullName;
        foreach (var file in files) File.Copy(Path.Combine(_folder, file), Path.Combine(folder, file));
        return folder;
    }
}
