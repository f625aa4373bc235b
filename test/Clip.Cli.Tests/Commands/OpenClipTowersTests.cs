using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary>Towers that open_clip has beside CLIP's own, trained and taken through everything that is done with a trained model.</summary>
public sealed class OpenClipTowersTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Image towers, and what the text towers beside them have of their own.</summary>
    public static TheoryData<string, string> Towers => new()
    {
        {
            """
            {"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8, "pool_type": "avg", "no_ln_pre": true,
             "final_ln_after_pool": true, "ls_init_value": 0.1, "patch_dropout": 0.5}
            """,
            "\"ls_init_value\": 0.1"
        },
        {
            """
            {"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8, "pool_type": "avg", "no_ln_pre": true,
             "final_ln_after_pool": true}
            """,
            "\"no_causal_mask\": true, \"pool_type\": \"last\", \"proj_bias\": true"
        },
        {
            """
            {"image_size": 16, "layers": 2, "width": 24, "head_width": 8, "patch_size": 8, "attentional_pool": true,
             "attn_pooler_queries": 3, "attn_pooler_heads": 2}
            """,
            "\"ls_init_value\": 0.1"
        },
        {
            """
            {"image_size": 32, "timm_model_name": "convnext_tiny", "timm_proj": "mlp", "timm_drop_path": 0.2,
             "timm_model_kwargs": {"depths": [1, 2], "dims": [8, 12]}}
            """,
            "\"ls_init_value\": 0.1"
        },
    };

    [Theory]
    [MemberData(nameof(Towers))]
    public async Task A_model_is_trained_fine_tuned_converted_interpolated_and_quantized(string vision, string text)
    {
        _run.Folder.Write(
            "tower.json",
            $$"""
            {"embed_dim": 16, "vision_cfg": {{vision}},
             "text_cfg": {"context_length": 12, "vocab_size": 520, "width": 16, "heads": 2, "layers": 2, {{text}}} }
            """);

        await Train("first", "--model", _run.Folder["tower.json"], "--tokenizer", _run.Folder["tokenizer"], "--objective", "siglip");
        var checkpoint = Directory.GetFiles(_run.Folder["first.run/checkpoints"], "*.safetensors").Order(StringComparer.Ordinal).Last();
        await Train("lora", "--pretrained", _run.Folder["first"], "--lora-rank", "2", "--objective", "siglip", "--precision", "bf16");
        await Train("lit", "--pretrained", checkpoint, "--lock-image", "--accum-freq", "2", "--grad-checkpointing");
        await Succeeds("convert", checkpoint, "--output", _run.Folder["converted"]);
        await Succeeds("interpolate", _run.Folder["first"], _run.Folder["lora"], "--alpha", "0", "--output", _run.Folder["between"]);
        await Succeeds("quantize", "--model", _run.Folder["lora"], "--calibration", _run.Table, "--mean-cosine", "0.99");

        await Succeeds("export-safetensors", checkpoint, "--output", _run.Folder["exported.safetensors"]);
        Assert.Equal(1, await Command.RunAsync(
            "export-safetensors", _run.Folder["first"], "--output", _run.Folder["none.safetensors"], "--naming", "hf"));

        SameWeights.Assert(CheckpointFile.LoadAsNamed(_run.Folder["first"]), SafetensorsReader.Load(_run.Folder["exported.safetensors"]));
        Assert.False(File.Exists(_run.Folder["none.safetensors"]));
        var expected = Embed("first");
        Assert.Equal(expected, Embed("converted"));
        Assert.Equal(expected, Embed("between"));
        Assert.NotEqual(expected, Embed("lora"));
        using var quantized = ClipModel.Open(_run.Folder["lora"], new ClipModelOptions { Precision = ClipPrecision.Int8 });
        Assert.Equal(16, quantized.EmbedImage(_run.Folder["0.png"]).Length);
        // The image tower was locked.
        var (before, after) = (CheckpointFile.LoadAsNamed(_run.Folder["first"]), CheckpointFile.LoadAsNamed(_run.Folder["lit"]));
        Assert.All(
            before.Where(w => w.Key.StartsWith("visual.", StringComparison.Ordinal)),
            w => Assert.Equal(w.Value.Data.ToArray(), after[w.Key].Data.ToArray()));
        var architecture = Inspection.Of(_run.Folder["lit"]).Single(line => line.Heading == "architecture").Text;
        Assert.EndsWith(" + open_clip's text tower", architecture, StringComparison.Ordinal);
    }

    private float[] Embed(string folder)
    {
        using var model = ClipModel.Open(_run.Folder[folder]);
        return [.. model.EmbedImage(_run.Folder["0.png"]), .. model.EmbedText("a red wall")];
    }

    private Task Train(string output, params string[] options) => Succeeds(
    [
        "train", "--train-data", _run.Table, "--output", _run.Folder[output], "--epochs", "1", "--batch-size", "4", "--lr", "1e-2",
        "--warmup", "1", .. options,
    ]);

    private static async Task Succeeds(params string[] arguments) => Assert.Equal(0, await Command.RunAsync(arguments));
}
