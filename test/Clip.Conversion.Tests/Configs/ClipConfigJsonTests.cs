using System.Text.Json.Nodes;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Tests.Configs;

public sealed class ClipConfigJsonTests
{
    [Fact]
    public void Every_model_that_comes_with_the_program_survives_config_json()
    {
        Assert.Contains("RN50x64", ClipConfigJson.Names);
        Assert.Contains("ViT-L-14-336", ClipConfigJson.Names);
        foreach (var name in ClipConfigJson.Names)
        {
            var config = ClipConfigJson.Load(name);
            Assert.Equal(config, ClipConfigJson.Parse(ClipConfigJson.ToHuggingFace(config), name));
        }
    }

    [Fact]
    public void A_folder_of_the_same_name_that_holds_no_config_does_not_hide_a_model()
    {
        var folder = Directory.CreateDirectory("ViT-B-16"); // as the quickstart's own folder is called quickstart
        try
        {
            Assert.Equal(768, Assert.IsType<VisionTransformerConfig>(ClipConfigJson.Load("ViT-B-16").Vision).Width);
        }
        finally
        {
            folder.Delete();
        }
    }

    [Theory]
    [InlineData("RN50", 1024, 224, 64, 32, 50, 512)]
    [InlineData("RN101", 512, 224, 64, 32, 50, 512)]
    [InlineData("RN50x4", 640, 288, 80, 40, 82, 640)]
    [InlineData("RN50x16", 768, 384, 96, 48, 145, 768)]
    [InlineData("RN50x64", 1024, 448, 128, 64, 197, 1024)]
    public void ResNets_have_OpenAIs_sizes(string name, int embedDim, int imageSize, int width, int heads, int tokens, int textWidth)
    {
        var config = ClipConfigJson.Load(name);

        var vision = Assert.IsType<ResNetConfig>(config.Vision);
        Assert.Equal((embedDim, Activation.QuickGelu), (config.EmbedDim, config.Activation));
        Assert.Equal((imageSize, width, heads, tokens), (vision.ImageSize, vision.Width, vision.Heads, vision.Tokens));
        Assert.Equal((textWidth, textWidth / 64, 12), (config.Text.Width, config.Text.Heads, config.Text.Layers));
    }

    [Fact]
    public void Configs_are_equal_where_their_sizes_are()
    {
        var config = new ResNetConfig { Blocks = [1, 2, 3, 4] };

        Assert.Equal(config, new ResNetConfig { Blocks = new List<int> { 1, 2, 3, 4 } });
        Assert.Equal(config.GetHashCode(), new ResNetConfig { Blocks = new List<int> { 1, 2, 3, 4 } }.GetHashCode());
        Assert.NotEqual(config, config with { Blocks = [1, 2, 4, 3] });
        Assert.NotEqual(config, config with { ImageSize = 64 });
        Assert.NotEqual<VisionConfig>(config, new VisionTransformerConfig());
    }

    [Fact]
    public void A_ResNets_config_json_keeps_the_keys_that_clients_read()
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(ClipConfigJson.Load("RN50x4")))!;

        Assert.Equal("clip", (string?)json["model_type"]);
        var vision = json["vision_config"]!;
        Assert.Equal([4, 6, 10, 6], vision["resnet_layers"]!.AsArray().Select(n => (int)n!));
        Assert.Equal(80, (int)vision["resnet_width"]!);
        Assert.Equal((2560, 40, 288), ((int)vision["hidden_size"]!, (int)vision["num_attention_heads"]!, (int)vision["image_size"]!));
        Assert.Null(vision["patch_size"]);
    }

    [Theory]
    [InlineData("""{"layers": [1, 1, 1], "width": 8}""", "layers are [1, 1, 1]; give the bottlenecks of its four stages")]
    [InlineData("""{"layers": [1, 1, 0, 1], "width": 8}""", "a ResNet stage's layers is 0")]
    [InlineData("""{"layers": [1, 1, 1, 1], "width": 8, "image_size": 100}""", "a ResNet's stride 32 does not divide image_size 100")]
    [InlineData("""{"layers": [1, 1, 1, 1], "width": 7}""", "width 7 is odd")]
    [InlineData("""{"layers": [1, 1, 1, 1], "width": 10, "head_width": 100}""", "vision heads 3 does not divide 32 × width = 320")]
    [InlineData("""{"layers": [1, 1, 1, 1.5], "width": 8}""", "is not a CLIP config")]
    [InlineData("""{"layers": 2, "width": 64, "patch_size": 30}""", "vision patch_size 30 does not divide image_size 224")]
    public void Sizes_that_do_not_fit_are_named(string vision, string message)
    {
        var json = $$"""{"embed_dim": 8, "vision_cfg": {{vision}}, "text_cfg": {} }""";
        Refused.With(message, () => ClipConfigJson.Parse(json, "model.json"));
    }

    [Theory]
    [InlineData("text_config", -1)]
    [InlineData("vision_config", 1e9)]
    public void An_epsilon_that_none_is_is_refused(string tower, double eps)
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(ClipConfigJson.Load("ViT-B-32")))!;
        json[tower]!["layer_norm_eps"] = eps;

        Refused.With("layer_norm_eps is", () => ClipConfigJson.Parse(json.ToJsonString(), "config.json"));
    }
}
