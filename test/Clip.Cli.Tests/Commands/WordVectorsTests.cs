using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary><c>clip train --word-vectors</c>: words that no caption has.</summary>
public sealed class WordVectorsTests : TinyTraining
{
    /// <summary>Crimson is nearly red, navy nearly blue; no caption has either.</summary>
    private string Vectors => Run.Folder.Write(
        "words.txt",
        "red 1 0 0 0\ngreen 0 1 0 0\nblue 0 0 1 0\nwhite 0 0 0 1\ncrimson 0.95 0.05 0 0\nnavy 0 0 0.95 0.05\nUltramarine 0 0 0.9 0\n");

    [Fact]
    public async Task A_word_that_no_caption_has_means_what_its_vector_says()
    {
        await Train("out", 40, "--word-vectors", Vectors);

        using var model = ClipModel.Open(Run.Folder["out"]);
        // A token of its own, and so the sentence is as long as with a word of the captions.
        Assert.Equal(model.Tokenizer.Encode("a red wall").Length, model.Tokenizer.Encode("a crimson wall").Length);
        Assert.Equal("a red wall", Nearest("a crimson wall"));
        Assert.Equal("a blue wall", Nearest("a navy wall"));
        Assert.Equal("a blue wall", Nearest("an ultramarine wall".Replace("an ", "a ", StringComparison.Ordinal)));

        string Nearest(string text) => new[] { "a red wall", "a green wall", "a blue wall", "a white wall" }
            .MaxBy(other => model.EmbedText(text).Zip(model.EmbedText(other), (x, y) => x * y).Sum())!;
    }

    [Fact]
    public async Task Words_of_the_captions_are_trained_and_the_others_stay_at_their_vectors()
    {
        await Train("short", 1, "--word-vectors", Vectors);
        await Train("long", 5, "--word-vectors", Vectors);

        var vocabulary = BpeVocabulary.Load(Run.Folder["long"]);
        Assert.Equal(Row("short", "crimson"), Row("long", "crimson"));
        Assert.NotEqual(Row("short", "red"), Row("long", "red"));

        float[] Row(string run, string word)
        {
            var width = ClipConfigJson.Load(Run.Folder[run]).Text.Width;
            var rows = CheckpointFile.LoadAsNamed(Run.Folder[run])["text_model.embeddings.token_embedding.weight"].Data;
            return rows.Slice(vocabulary.Ids[word + "</w>"] * width, width).ToArray();
        }
    }

    [Fact]
    public async Task A_run_that_goes_on_gives_the_same_bytes_and_takes_no_other_vectors()
    {
        await Train("whole", 4, "--lr-scheduler", "const", "--word-vectors", Vectors);
        await Train("first", 2, "--lr-scheduler", "const", "--word-vectors", Vectors);
        var other = Run.Folder.Write("other.txt", "red 1 0\nblue 0 1\n");

        await Refused("--word-vectors was ", "first", "--resume", "latest", "--word-vectors", other);
        await Refused("--word-vectors was ", "first", "--resume", "latest");
        await Train("first", 4, "--lr-scheduler", "const", "--word-vectors", Vectors, "--resume", "latest");

        AssertSameFiles("whole", "first", "model.safetensors", "config.json", "tokenizer.json");
    }

    [Fact]
    public async Task English_comes_with_the_program_and_a_tokenizer_that_knows_its_words_can_be_given()
    {
        var config = Run.Folder.Write("wide.json", await File.ReadAllTextAsync(Run.ConfigFile)
            .ContinueWith(text => text.Result.Replace("\"vocab_size\": 520, \"width\": 16", "\"vocab_size\": 520, \"width\": 64")));
        await Train("out", 1, "--word-vectors", "english", "--model", config);
        await Train("again", 1, "--word-vectors", "english", "--model", config, "--tokenizer", Run.Folder["out"]);

        using var model = ClipModel.Open(Run.Folder["out"]);
        Assert.Equal(5, model.Tokenizer.Encode("broccoli, violin").Length);
        AssertSameFiles("out", "again", "tokenizer.json");
    }

    [Fact]
    public async Task Where_the_vectors_would_say_nothing_they_are_refused()
    {
        await Train("first", 1);
        TinyBert.Write(Run.Folder["bert"]);
        var wide = Run.Folder.Write("wide.txt", "red " + string.Join(' ', Enumerable.Range(0, 17)) + "\n");

        await Refused("have 17 numbers and the text tower is only 16 wide", "out", "--word-vectors", wide);
        await Refused(
            "has none of the words", "out", "--word-vectors", Run.Folder.Write("far.txt", "zebra 1 2\n"), "--tokenizer",
            Run.Folder["tokenizer"]);
        await Refused("needs a text tower", "out", "--word-vectors", Vectors, "--objective", "bow");
        await Refused("for vocabularies of CLIP's kind", "out", "--word-vectors", Vectors, "--tokenizer", Run.Folder["bert"]);
        await Refused("has a text tower that is trained already", "out", "--word-vectors", Vectors, "--pretrained", Run.Folder["first"]);
        await Refused("There is no file", "out", "--word-vectors", "nowhere.txt");
        Assert.False(Directory.Exists(Run.Folder["out"]) || Directory.Exists(Run.Folder["out.run"]));
    }

    private string[] Words(string output, int epochs, string[] more) =>
    [
        .. Options(output, epochs), .. more.Contains("--model") || more.Contains("--pretrained") ? [] : new[] { "--model", Run.ConfigFile },
        .. more.Contains("--tokenizer") || more.Contains("--pretrained") ? [] : new[] { "--vocab-size", "520" }, .. more,
    ];

    private async Task Train(string output, int epochs, params string[] more) =>
        Assert.Equal(0, await Command.RunAsync(Words(output, epochs, more)));

    private Task Refused(string told, string output, params string[] more) => AssertRefused(told, Words(output, 1, more));
}
