using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;
using static Clip.Testing.OnnxFile;

namespace Clip.Conversion.Tests.Zoo;

public sealed class ZooConversionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("timm_model_name", "\"convnext_nano\"", "timm_model_name convnext_nano is not supported")]
    [InlineData("timm_pool", "\"abs_attn\"", "timm_pool 'abs_attn' of convnext_base is not supported")]
    [InlineData("timm_proj", "\"conv\"", "timm_proj 'conv' is not supported")]
    [InlineData("timm_new_switch", "true", "vision_cfg timm_new_switch True is not supported")]
    public void What_a_config_asks_for_that_is_not_known_is_refused_by_name(string key, string value, string message)
    {
        var config = Config("convnext_base_w");
        config["model_cfg"]!["vision_cfg"]![key] = JsonNode.Parse(value);

        Refused.With(message, () => Convert("convnext_base_w", config));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void A_checkpoint_without_its_last_block_is_refused()
    {
        var weights = Weights("eva02_b16");
        foreach (var name in weights.Keys.Where(n => n.Contains(".blocks.1.", StringComparison.Ordinal)).ToArray()) weights.Remove(name);

        Refused.With(
            "says that there are 2 of 'visual.trunk.blocks.…', but the checkpoint has 1", () => Convert(Config("eva02_b16"), weights));
    }

    [Fact]
    public void A_weight_without_a_place_is_refused()
    {
        var weights = Weights("eva02_b16");
        weights["visual.trunk.reg_token"] = new WeightTensor([1, 4, 36], new float[144]);

        Refused.With("'visual.trunk.reg_token' has no place in a model of this config", () => Convert(Config("eva02_b16"), weights));
    }

    /// <summary>CoCa's class token stands behind the context and sees no padding: texts must be filled up with 0.</summary>
    [Theory]
    [InlineData("\"embed_cls\":true", true)]
    [InlineData("\"no_causal_mask\":true", false)]
    public void Texts_are_filled_up_as_open_clip_does(string kind, bool isCoCa)
    {
        var vocabulary = BpeTrainer.Train(["a photo of a dog"], 520);
        vocabulary.Save(_folder["tokenizer"]);
        var decoder = isCoCa ? ",\"multimodal_cfg\":{\"width\":16,\"layers\":1,\"vocab_size\":520}" : "";
        _folder.Write(
            "tiny.json",
            "{\"embed_dim\":8,\"custom_text\":true,\"vision_cfg\":{\"image_size\":16,\"patch_size\":8,\"width\":16,\"head_width\":8,"
            + "\"layers\":1,\"no_ln_pre\":true},\"text_cfg\":{\"context_length\":12,\"vocab_size\":520,\"width\":16,"
            + "\"heads\":2,\"layers\":2,"
            + kind + "}" + decoder + "}");
        var zoo = ZooFiles.Find(_folder["tiny.json"], new CompanionFiles(null))!;
        ZooFolder.WriteRandom(zoo, _folder["tokenizer"], seed: 1, _folder["out"]);

        using var model = ClipModel.Open(_folder["out"]);
        var actual = model.EmbedTexts(["a dog", "a photo of a dog"], normalize: false);

        var tokenizer = ClipTokenizer.Create(_folder["out"]);
        foreach (var (text, feature) in new[] { "a dog", "a photo of a dog" }.Zip(actual))
        {
            var ids = tokenizer.Encode(text, 12);
            var padded = ids.Concat(Enumerable.Repeat(0, 12 - ids.Length)).ToArray();
            var expected = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", Ids(padded)))["text_embeds"].Data.ToArray();
            Assert.All(expected.Zip(feature), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Fact]
    public void Inspecting_names_the_family()
    {
        var found = Inspection.Of(Golden.Path("golden/zoo/eva02_b16")).ToLookup(line => line.Heading, line => line.Text);

        Assert.Equal("EVA02-CLIP + open_clip's text tower", found["architecture"].Single());
        Assert.Contains("patch 8, width 36, 2 layers, 3 heads", found["sizes"].Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_clips_two_position_tables_become_one()
    {
        var config = RandomModel.Config with { Text = RandomModel.Config.Text with { ContextLength = 30 } };
        var weights = RandomModel.Weights(config);
        var (first, second) = (weights["positional_embedding"], RandomModel.Weights(config, seed: 5)["positional_embedding"]);
        SafetensorsWriter.Write(_folder["m.safetensors"], weights.Append(new("positional_embedding_res", second)));

        var joined = CheckpointFile.Load(_folder["m.safetensors"]);

        Assert.False(joined.ContainsKey("positional_embedding_res"));
        Assert.Equal(first.Data[..240].ToArray(), joined["positional_embedding"].Data[..240].ToArray());
        Assert.Equal(second.Data[240..].ToArray(), joined["positional_embedding"].Data[240..].ToArray());
    }

    private static JsonObject Config(string family) =>
        JsonNode.Parse(File.ReadAllText(Golden.Path($"golden/zoo/{family}/config.json")))!.AsObject();

    private static Dictionary<string, WeightTensor> Weights(string family) =>
        SafetensorsReader.Load(Golden.Path($"golden/zoo/{family}/open_clip_model.safetensors"));

    private void Convert(string family, JsonObject config) => Convert(config, Weights(family));

    private void Convert(JsonObject config, Dictionary<string, WeightTensor> weights)
    {
        _folder.Write("in/open_clip_config.json", config.ToJsonString());
        SafetensorsWriter.Write(_folder["in/open_clip_model.safetensors"], weights);
        new ModelConversion(new ConversionOptions { Checkpoint = _folder["in"], Output = _folder["out"] }, _ => { }, _ => { }).Run();
    }
}
