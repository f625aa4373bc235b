using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary><c>clip train --pretrained</c> of the zoo's families, and all that follows it.</summary>
public sealed class FamilyTrainingTests : TinyTraining
{
    public FamilyTrainingTests() => TinyBert.Write(Run.Folder["bert"]);

    [Theory]
    [InlineData("eva02", "tokenizer", 520)]
    [InlineData("bert", "bert", 100)]
    public async Task A_family_is_fine_tuned_gone_on_with_and_used(string family, string tokenizer, int vocabulary)
    {
        WriteModel(family, tokenizer, vocabulary);
        string[] options = ["--pretrained", Run.Folder["theirs"], "--lr-scheduler", "const", "--model-ema", "--model-ema-decay", "0.5"];
        await Train("whole", 4, options);
        await Train("first", 2, options);
        await Train("first", 4, [.. options, "--resume", "latest"]);
        await Train("lora", 1, "--pretrained", LastCheckpoint("first"), "--lora-rank", "2");
        await Succeeds("convert", LastCheckpoint("first"), "--output", Run.Folder["converted"]);
        await Train("again", 1, "--pretrained", Run.Folder["first"], "--layer-decay", "0.5");
        await Succeeds("convert", Run.Folder["theirs"], "--output", Run.Folder["base"]);
        await Succeeds(
            "interpolate", Run.Folder["base"], Run.Folder["first"], "--alpha", "0", "0.5", "1", "--output", Run.Folder["between"]);

        AssertSameFiles("whole", "first", "model.safetensors", "onnx/text_model.onnx", "onnx/vision_model.onnx", "config.json");
        AssertLossFell("first");
        Assert.Equal(Features("first"), Features("converted"));
        Assert.NotEqual(Features("first"), Features("lora"));
        Assert.NotEqual(Features("first"), Features("again"));
        Assert.Equal(Features("base"), Features("between-0"));
        Assert.Equal(Features("first"), Features("between-1"));
        Assert.NotEqual(Features("first"), Features("between-0.5"));

        Run.Folder.Write("labels.txt", "red\ngreen\nblue\nwhite\n");
        var (exit, printed, error) = await Command.RunApartAsync(
            "classify", "--model", Run.Folder["first"], "--labels", Run.Folder["labels.txt"], Run.Folder["0.png"]);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("red", printed, StringComparison.Ordinal);
        (exit, printed, _) = await Command.RunApartAsync("evaluate", "--model", Run.Folder["first"], "--retrieval-data", Run.Table);
        Assert.Equal(0, exit);
        Assert.Contains("R@1", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eva02", "visual.", "visual.trunk.head.")]
    [InlineData("bert", "visual.", "visual.proj")]
    public async Task A_locked_tower_stays_and_its_upper_groups_may_learn(string family, string image, string top)
    {
        WriteModel(family, family == "bert" ? "bert" : "tokenizer", family == "bert" ? 100 : 520);
        string[] options = ["--pretrained", Run.Folder["theirs"]];
        await Train("lit", 1, [.. options, "--lock-image"]);
        await Train("top", 1, [.. options, "--lock-image", "--lock-image-unlocked-groups", "1"]);
        await Train("pictures", 1, [.. options, "--lock-text"]);

        Assert.All(Changes("lit"), c => Assert.Equal(!c.Name.StartsWith(image, StringComparison.Ordinal), c.Changed));
        Assert.All(Changes("top"), c => Assert.Equal(
            !c.Name.StartsWith(image, StringComparison.Ordinal) || c.Name.StartsWith(top, StringComparison.Ordinal), c.Changed));
        Assert.All(Changes("pictures"), c => Assert.Equal(
            c.Name.StartsWith(image, StringComparison.Ordinal) || c.Name == "logit_scale", c.Changed));
    }

    /// <summary>CoCa's captioner is not trained by a contrast, and stays in the folder.</summary>
    [Fact]
    public async Task A_part_that_no_feature_depends_on_is_kept_as_it_is()
    {
        WriteModel("coca", "tokenizer", 520);

        await Train("out", 1, "--pretrained", Run.Folder["theirs"]);

        Assert.Contains(Changes("out"), c => c.Name.StartsWith("text_decoder.", StringComparison.Ordinal));
        Assert.All(Changes("out"), c => Assert.Equal(!c.Name.StartsWith("text_decoder.", StringComparison.Ordinal), c.Changed));
    }

    [Fact]
    public async Task A_sigmoid_model_is_trained_with_the_objective_siglip_and_says_so()
    {
        WriteModel("naflex", "tokenizer", 520);

        await Refused("has a logit_bias and is trained with --objective siglip, not clip", "--pretrained", Run.Folder["theirs"]);
        await Train("out", 1, "--pretrained", Run.Folder["theirs"], "--objective", "siglip");

        Assert.Contains(Changes("out"), c => c is { Name: "logit_bias", Changed: true });
    }

    [Fact]
    public async Task A_SigLIP_is_trained_gone_on_with_fine_tuned_and_used()
    {
        var config = TinySiglip.Config;
        config["text_config"]!["vocab_size"] = 79;
        config["text_config"]!["max_position_embeddings"] = 12;
        Run.Folder.Write("siglip.json", config.ToJsonString());
        string[] options =
        [
            "--model", Run.Folder["siglip.json"], "--tokenizer", Run.Folder["bert"], "--objective", "siglip", "--lr-scheduler", "const",
        ];
        await Train("whole", 4, options);
        await Train("first", 2, options);
        await Train("first", 4, [.. options, "--resume", "latest"]);
        await Train("lit", 1, "--pretrained", Run.Folder["first"], "--objective", "siglip", "--lock-image");
        await Succeeds("convert", LastCheckpoint("first"), "--output", Run.Folder["converted"]);

        AssertSameFiles("whole", "first", "model.safetensors", "onnx/text_model.onnx", "onnx/vision_model.onnx", "config.json");
        AssertLossFell("first");
        Assert.Equal(Features("first"), Features("converted"));
        using var first = ClipModel.Open(Run.Folder["first"]);
        using var lit = ClipModel.Open(Run.Folder["lit"]);
        Assert.Equal(first.EmbedImage(Run.Folder["0.png"]), lit.EmbedImage(Run.Folder["0.png"]));
        Assert.NotEqual(first.EmbedText("a red wall"), lit.EmbedText("a red wall"));
        await Refused("is a SigLIP's, which is trained with --objective siglip", "--pretrained", Run.Folder["first"]);
        await Refused(
            "A SigLIP's texts are SentencePiece's", "--model", Run.Folder["siglip.json"], "--tokenizer", Run.Folder["tokenizer"],
            "--objective", "siglip");
    }

    [Fact]
    public async Task What_a_family_is_not_trained_with_is_refused_by_name()
    {
        WriteModel("eva02", "tokenizer", 520);
        var theirs = Run.Folder["theirs"];

        await Refused(
            "has no logit_bias and is trained with --objective clip, not siglip", "--pretrained", theirs, "--objective", "siglip");
        await Refused("not virtex", "--pretrained", theirs, "--objective", "virtex");
        await Refused("--grad-checkpointing is not offered for EVA02-CLIP", "--pretrained", theirs, "--grad-checkpointing");
        await Refused(
            "cannot be trained from scratch, only fine-tuned", "--model", Run.Folder["theirs/open_clip_config.json"], "--tokenizer",
            Run.Folder["tokenizer"]);
        await Refused(
            "more than the 4 groups that the tower has", "--pretrained", theirs, "--lock-image", "--lock-image-unlocked-groups", "5");
        await Refused("ends a text with 3 but the model reads it at 519", "--pretrained", theirs, "--tokenizer", Run.Folder["bert"]);
        var config = File.ReadAllText(Run.Folder["theirs/open_clip_config.json"]);
        Run.Folder.Write("heads.json", config.Replace("\"heads\": 2", "\"heads\": 4", StringComparison.Ordinal));
        await Refused("is another config than", "--pretrained", theirs, "--model", Run.Folder["heads.json"]);
        await Refused(
            "which the model's config has no place for; use weights of this architecture (--model).", "--pretrained", theirs, "--model",
            Run.ConfigFile);
        Assert.False(Directory.Exists(Run.Folder["refused"]));
    }

    /// <summary>Weights that a config does not speak of make another model than was trained.</summary>
    [Fact]
    public async Task Weights_that_the_config_has_no_place_for_are_refused()
    {
        WriteModel("eva02", "tokenizer", 520);
        var theirs = Run.Folder["theirs"];
        var weights = new Dictionary<string, WeightTensor>(CheckpointFile.LoadAsNamed(theirs));
        weights["visual.trunk.blocks.0.attn.k_norm.weight"] = weights["visual.trunk.blocks.0.norm1.weight"];
        SafetensorsWriter.Write(Directory.GetFiles(theirs, "*.safetensors").Single(), weights);

        await Refused("'visual.trunk.blocks.0.attn.k_norm.weight' has no place in a model of this config", "--pretrained", theirs);
    }

    /// <summary>A sigmoid model without its bias is not a plain CLIP.</summary>
    [Fact]
    public async Task A_bias_that_the_config_speaks_of_and_the_weights_lack_is_missed()
    {
        const string message = "has an init_logit_bias, but the checkpoint no weight 'logit_bias'";
        WriteModel("naflex", "tokenizer", 520);
        var theirs = Run.Folder["theirs"];
        var weights = new Dictionary<string, WeightTensor>(CheckpointFile.LoadAsNamed(theirs));
        Assert.True(weights.Remove("logit_bias"));
        SafetensorsWriter.Write(Directory.GetFiles(theirs, "*.safetensors").Single(), weights);

        await Refused(message, "--pretrained", theirs);
        var (exit, _, error) = await Command.RunApartAsync("convert", theirs, "--output", Run.Folder["refused"]);

        Assert.Equal(1, exit);
        Assert.Contains(message, error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run.Folder["refused"]));
    }

    private void WriteModel(string family, string tokenizer, int vocabulary)
    {
        TinyZoo.Write(family, Run.Folder["theirs"], vocabulary);
        foreach (var file in Directory.GetFiles(Run.Folder[tokenizer]))
            File.Copy(file, Path.Combine(Run.Folder["theirs"], Path.GetFileName(file)));
    }

    /// <summary>The weights of a folder, and whether they are others than those that it started from.</summary>
    private List<(string Name, bool Changed)> Changes(string folder)
    {
        var (before, after) = (CheckpointFile.LoadAsNamed(Run.Folder["theirs"]), CheckpointFile.LoadAsNamed(Run.Folder[folder]));
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        return [.. after.Select(w => (w.Key, !w.Value.Data.Span.SequenceEqual(before[w.Key].Data.Span)))];
    }

    private float[] Features(string folder)
    {
        using var model = ClipModel.Open(Run.Folder[folder]);
        return [.. model.EmbedImage(Run.Folder["0.png"]), .. model.EmbedText("a red wall"), .. model.EmbedText("white wall number 7")];
    }

    private Task Refused(string message, params string[] options) =>
        AssertRefused(message, [.. Options("refused", epochs: 1), .. options]);

    private Task Train(string output, int epochs, params string[] options) => Succeeds([.. Options(output, epochs), .. options]);

    private static async Task Succeeds(params string[] arguments)
    {
        var (exit, printed, error) = await Command.RunApartAsync(arguments);
        Assert.True(exit == 0, $"{printed}\n{error}");
    }
}
