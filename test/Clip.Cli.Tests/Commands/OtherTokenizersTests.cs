using System.Diagnostics;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary><c>clip train</c> and all that follows it, with tokenizers that are not CLIP's: CLIPA's models have BERT's.</summary>
public sealed class OtherTokenizersTests : TinyTraining
{
    private const string Clipa =
        """
        {"embed_dim": 16,
         "vision_cfg": {"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8, "no_ln_pre": true,
                        "pool_type": "avg", "final_ln_after_pool": true},
         "text_cfg": {"context_length": 12, "vocab_size": 32000, "width": 16, "heads": 2, "layers": 2,
                      "hf_tokenizer_name": "bert-base-uncased", "tokenizer_kwargs": {"strip_sep_token": true},
                      "pool_type": "last", "no_causal_mask": true}}
        """;

    public OtherTokenizersTests() => TinyBert.Write(Run.Folder["bert"]);

    [Fact]
    public async Task A_CLIPA_is_trained_gone_on_with_fine_tuned_and_used()
    {
        Run.Folder.Write("clipa.json", Clipa);
        string[] options = ["--model", Run.Folder["clipa.json"], "--tokenizer", Run.Folder["bert"], "--lr-scheduler", "const"];
        await Train("whole", 6, options);
        await Train("first", 3, options);
        await Train("first", 6, [.. options, "--resume", "latest"]);
        await Train("tuned", 2, "--pretrained", Run.Folder["first"], "--lock-text");
        await Train("lora", 2, "--pretrained", LastCheckpoint("first"), "--lora-rank", "2");
        await Succeeds("convert", LastCheckpoint("first"), "--output", Run.Folder["converted"]);
        await Succeeds("interpolate", Run.Folder["first"], Run.Folder["tuned"], "--alpha", "0", "--output", Run.Folder["between"]);

        await Succeeds("quantize", "--model", Run.Folder["lora"], "--calibration", Run.Table, "--mean-cosine", "0.9");
        AssertSameFiles("whole", "first", "model.safetensors", "onnx/text_model.onnx", "onnx/vision_model.onnx", "config.json");
        AssertLossFell("first");
        foreach (var folder in new[] { "first.run/tokenizer", "first", "tuned", "lora" })
            AssertSameFiles("bert", folder, "tokenizer.json", "tokenizer_config.json", "vocab.txt");
        Assert.Equal(Features("first"), Features("converted"));
        Assert.Equal(Features("first"), Features("between"));
        Assert.NotEqual(Features("first"), Features("lora"));

        using var config = JsonDocument.Parse(File.ReadAllText(Run.Folder["tuned/config.json"]));
        var text = config.RootElement.GetProperty("text_cfg");
        Assert.Equal("bert-base-uncased", text.GetProperty("hf_tokenizer_name").GetString());
        Assert.True(text.GetProperty("tokenizer_kwargs").GetProperty("strip_sep_token").GetBoolean());
        using var tuned = ClipModel.Open(Run.Folder["tuned"]);
        // [CLS] a red wall, and the separator turned to 0.
        Assert.Equal([2, 4, 5, 9, 0], tuned.Tokenizer.Encode("a red wall", tuned.ContextLength));
        var (before, after) = (CheckpointFile.LoadAsNamed(Run.Folder["first"]), CheckpointFile.LoadAsNamed(Run.Folder["tuned"]));
        Assert.All(before, w => Assert.Equal(
            IsOfText(w.Key), w.Value.Data.Span.SequenceEqual(after[w.Key].Data.Span)));

        Run.Folder.Write("labels.txt", "red\ngreen\nblue\nwhite\n");
        var (exit, printed, error) = await Command.RunApartAsync(
            "classify", "--model", Run.Folder["first"], "--labels", Run.Folder["labels.txt"], Run.Folder["0.png"]);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("red", printed, StringComparison.Ordinal);
        (exit, printed, _) = await Command.RunApartAsync("evaluate", "--model", Run.Folder["first"], "--retrieval-data", Run.Table);
        Assert.Equal(0, exit);
        Assert.Contains("R@1", printed, StringComparison.Ordinal);

        static bool IsOfText(string name) => !name.StartsWith("visual.", StringComparison.Ordinal) && name != "logit_scale";
    }

    /// <summary>Towers that read another place of a text, or have a bias, with a tokenizer of CLIP's kind and with another.</summary>
    [Theory]
    [InlineData("\"no_causal_mask\": true, \"pool_type\": \"last\"", "bert")]
    [InlineData("\"no_causal_mask\": true, \"pool_type\": \"last\"", "tokenizer")]
    [InlineData("\"no_causal_mask\": true, \"pool_type\": \"first\", \"proj_bias\": true", "bert")]
    [InlineData("\"no_causal_mask\": true, \"pool_type\": \"first\", \"proj_bias\": true", "tokenizer")]
    [InlineData("\"pool_type\": \"eos\"", "bert")]
    public async Task Every_text_tower_learns_goes_on_and_stays_where_it_is_locked(string tower, string tokenizer)
    {
        Run.Folder.Write("tower.json", TinyRun.Config.Replace("\"text_cfg\": {", $"\"text_cfg\": {{{tower}, ", StringComparison.Ordinal));
        string[] options = ["--model", Run.Folder["tower.json"], "--tokenizer", Run.Folder[tokenizer], "--lr-scheduler", "const"];
        await Train("whole", 4, options);
        await Train("first", 2, options);
        await Train("first", 4, [.. options, "--resume", "latest"]);
        await Train("locked", 1, "--pretrained", Run.Folder["first"], "--lock-text");
        await Succeeds("convert", LastCheckpoint("first"), "--output", Run.Folder["converted"]);

        AssertSameFiles("whole", "first", "model.safetensors", "config.json");
        AssertLossFell("first");
        Assert.Equal(Features("first"), Features("converted"));
        using var first = ClipModel.Open(Run.Folder["first"]);
        using var locked = ClipModel.Open(Run.Folder["locked"]);
        Assert.Equal(first.EmbedText("a red wall"), locked.EmbedText("a red wall"));
        Assert.NotEqual(first.EmbedImage(Run.Folder["0.png"]), locked.EmbedImage(Run.Folder["0.png"]));
    }

    /// <summary>Checkpoints in open_clip's form, with a tokenizer beside them whose entries fit their small tables.</summary>
    [SkippableTheory]
    [InlineData("clipa")]
    [InlineData("clipa_bigg")]
    [InlineData("vit_tok_lnafter_nolnpre")]
    public async Task An_originals_checkpoint_is_fine_tuned_with_the_tokenizer_beside_it(string family)
    {
        var theirs = TinyBert.Write(Run.Folder["theirs"]);
        foreach (var file in new[] { "config.json", "open_clip_model.safetensors" })
            File.Copy(Path.Combine(Golden.Path($"golden/zoo/{family}"), file), Path.Combine(theirs, file));
        string[] options = ["--pretrained", theirs, "--lr-scheduler", "const"];
        await Train("whole", 4, options);
        await Train("first", 2, options);
        await Train("first", 4, [.. options, "--resume", "latest"]);
        await Train("locked", 1, [.. options, "--lock-text"]);

        AssertSameFiles("whole", "first", "model.safetensors", "config.json");
        AssertSameFiles("theirs", "first", "tokenizer.json", "tokenizer_config.json");
        AssertLossFell("first");
        using var first = ClipModel.Open(Run.Folder["first"]);
        // CLIPA's config turns the separator to 0.
        var end = family.StartsWith("clipa", StringComparison.Ordinal) ? 0 : 3;
        Assert.Equal([2, 4, 5, 9, end], first.Tokenizer.Encode("a red wall", first.ContextLength));
        Assert.Equal(100, ModelConfigFile.Read(Run.Folder["first"]).Text.VocabSize);
        var (before, after) = (CheckpointFile.LoadAsNamed(theirs), CheckpointFile.LoadAsNamed(Run.Folder["locked"]));
        var text = before.Where(w => w.Key.StartsWith("transformer.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(text);
        Assert.All(text, w => Assert.True(w.Value.Data.Span.SequenceEqual(after[w.Key].Data.Span), w.Key));
    }

    [Fact]
    public async Task Another_tokenizer_is_refused_where_a_run_or_a_model_has_one()
    {
        Run.Folder.Write("clipa.json", Clipa);
        TinyBert.Write(Run.Folder["other"], "a", "red", "green", "blue", "white", "number", "wall");
        await Train("first", 1, "--model", Run.Folder["clipa.json"], "--tokenizer", Run.Folder["bert"]);

        await Refused(
            "the tokenizer was one of 82 entries, ", "first", "--model", Run.Folder["clipa.json"], "--tokenizer", Run.Folder["other"],
            "--resume", "latest");
        await Refused(
            "--tokenizer " + Run.Folder["other"] + " is another than the one in", "out", "--pretrained", Run.Folder["first"],
            "--tokenizer", Run.Folder["other"]);
        await Refused("tokenizer", "out", "--pretrained", Run.Folder["first"], "--tokenizer", Run.Folder["tokenizer"]);
        // Texts would be cleaned otherwise than the weights know them.
        Run.Folder.Write("lower.json", Clipa.Replace("\"strip_sep_token\": true", "\"clean\": \"lower\"", StringComparison.Ordinal));
        await Refused("is another than the one in", "out", "--pretrained", Run.Folder["first"], "--model", Run.Folder["lower.json"]);
        TinyBert.Write(Run.Folder["large"], "a", "red", "green", "blue", "white", "wall", "number", "picture");
        File.Delete(Run.Folder["first/tokenizer.json"]);
        File.Delete(Run.Folder["first/vocab.txt"]);
        await Refused(
            "The tokenizer has 83 entries but the model only 82", "out", "--pretrained", Run.Folder["first"], "--tokenizer",
            Run.Folder["large"]);
        Assert.False(Directory.Exists(Run.Folder["out"]));
    }

    /// <summary>Their heads are words of the vocabulary between one start and one end of text.</summary>
    [Theory]
    [InlineData("virtex")]
    [InlineData("bow")]
    public Task Objectives_on_the_tokens_of_CLIPs_vocabulary_say_so(string objective) => Refused(
        "predict the tokens of CLIP's kind of vocabulary", "out", "--model", Run.ConfigFile, "--tokenizer", Run.Folder["bert"],
        "--objective", objective);

    [Fact]
    public async Task A_config_that_names_a_tokenizer_which_is_not_given_is_told()
    {
        Run.Folder.Write("clipa.json", Clipa);

        var (exit, printed, _) = await RunAsync("out", "--model", Run.Folder["clipa.json"], "--vocab-size", "520");

        Assert.Equal(0, exit);
        Assert.Contains("The config names the tokenizer bert-base-uncased", printed.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("bert", File.ReadAllText(Run.Folder["out/config.json"]), StringComparison.Ordinal);
    }

    /// <summary>A ResNet's config, of Hugging Face's kind, cannot say what is done to texts; the tokenizer's files do.</summary>
    [Fact]
    public async Task A_ResNet_keeps_what_the_config_says_of_the_tokenizer()
    {
        var resNet = """{"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64}""";
        var config = Clipa[..Clipa.IndexOf("\"vision_cfg\"", StringComparison.Ordinal)] + $"\"vision_cfg\": {resNet},"
            + Clipa[Clipa.IndexOf("\"text_cfg\"", StringComparison.Ordinal)..];
        Run.Folder.Write("rn.json", config);

        await Train("first", 1, "--model", Run.Folder["rn.json"], "--tokenizer", Run.Folder["bert"]);
        await Train("second", 1, "--pretrained", Run.Folder["first"]);
        await Succeeds("convert", LastCheckpoint("first"), "--output", Run.Folder["converted"]);

        using var first = ClipModel.Open(Run.Folder["second"]);
        Assert.Equal([2, 4, 5, 9, 0], first.Tokenizer.Encode("a  red wall", first.ContextLength));
        Assert.Equal(Features("first"), Features("converted"));
    }

    [Fact]
    public async Task Starting_weights_are_written_for_any_tokenizer()
    {
        var tokenizer = Run.Folder["bert/tokenizer.json"];
        await Succeeds("init", "--model", Run.ConfigFile, "--tokenizer", tokenizer, "--output", Run.Folder["out"]);

        using var model = ClipModel.Open(Run.Folder["out"]);
        Assert.Equal([2, 4, 5, 9, 3], model.Tokenizer.Encode("a red wall", model.ContextLength));
        Assert.Equal(16, model.EmbedText("a red wall").Length);
        Assert.Contains(("tokenizer", "82 entries"), Inspection.Of(Run.Folder["out"]).Select(line => (line.Heading, line.Text)));
    }

    [Fact]
    public async Task A_text_tower_that_a_ResNets_config_cannot_say_is_refused()
    {
        var config = """{"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64},"""
            + """ "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 2, "ls_init_value": 0.1}}""";
        Run.Folder.Write("rn.json", config);

        await Refused("a ResNet beside this text tower is not supported", "out", "--model", Run.Folder["rn.json"]);
    }

    /// <summary>A family's table has a row for each entry of its own vocabulary, whose last is the end of text.</summary>
    [Fact]
    public async Task A_vocabulary_of_CLIPs_kind_that_is_not_a_familys_own_is_refused()
    {
        TinyZoo.Write("eva02", Run.Folder["theirs"], 600);

        await Refused(
            "ends a text with 519 but the model reads it at 599", "out", "--pretrained", Run.Folder["theirs"], "--tokenizer",
            Run.Folder["tokenizer"]);
    }

    /// <summary>Nothing that ranks exchange would show that the texts of one have other ids.</summary>
    [SkippableFact]
    public async Task Ranks_with_different_tokenizers_do_not_train_together()
    {
        var mpirun = Mpirun.Require();
        TinyBert.Write(Run.Folder["other"], "a", "red", "green", "blue", "white", "number", "wall");
        var start = new ProcessStartInfo(
            mpirun, ["--bind-to", "none", "-np", "1", .. Rank("bert"), ":", "-np", "1", .. Rank("other")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Mpirun.Variables) start.Environment[name] = value;
        using var job = Process.Start(start)!;
        var (output, error) = (job.StandardOutput.ReadToEndAsync(), job.StandardError.ReadToEndAsync());
        await job.WaitForExitAsync();

        Assert.True(job.ExitCode != 0, await output);
        Assert.Contains("give every rank the same files", (await error).ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("The --tokenizer of ", await error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run.Folder["out"]));

        string[] Rank(string tokenizer) =>
        [
            "dotnet", Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. Options("out", epochs: 1),
            "--model", Run.ConfigFile, "--tokenizer", Run.Folder[tokenizer],
        ];
    }

    private float[] Features(string folder)
    {
        using var model = ClipModel.Open(Run.Folder[folder]);
        return [.. model.EmbedImage(Run.Folder["0.png"]), .. model.EmbedText("a red wall"), .. model.EmbedText("Ä white,  WALL")];
    }

    private Task Refused(string message, string output, params string[] options) =>
        AssertRefused(message, [.. Options(output, epochs: 1), .. options]);

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string output, params string[] options) =>
        Command.RunApartAsync([.. Options(output, epochs: 1), .. options]);

    private Task Train(string output, int epochs, params string[] options) => Succeeds([.. Options(output, epochs), .. options]);

    private static async Task Succeeds(params string[] arguments) => Assert.Equal(0, await Command.RunAsync(arguments));
}
