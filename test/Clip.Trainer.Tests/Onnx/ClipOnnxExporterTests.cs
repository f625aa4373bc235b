using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Trainer.Tests.Modeling;
using Microsoft.ML.OnnxRuntime;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Trainer.Tests.Onnx;

public sealed class ClipOnnxExporterTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vit")]
    [InlineData("rn")]
    [InlineData("hf")]
    [GoldenData("dev_vit")]
    [GoldenData("dev_hfcustom")]
    [GoldenData("dev_rn")]
    public void Towers_give_the_original_implementations_features(string model)
    {
        var golden = Export(model);

        var images = Run(_folder["vision_model.onnx"], ("pixel_values", golden["image"]))["image_embeds"];
        var texts = Run(_folder["text_model.onnx"], ("input_ids", golden["text"]))["text_embeds"];

        output.WriteLine($"images {MaxError(golden["image_features"], images)}, texts {MaxError(golden["text_features"], texts)}");
        Assert.InRange(MaxError(golden["image_features"], images), 0, 1e-5f);
        Assert.InRange(MaxError(golden["text_features"], texts), 0, 1e-5f);
    }

    [SkippableTheory]
    [InlineData("vit")]
    [InlineData("rn")]
    [InlineData("hf")]
    [GoldenData("dev_vit")]
    [GoldenData("dev_hfcustom")]
    [GoldenData("dev_rn")]
    public void The_whole_model_gives_the_original_implementations_logits(string model)
    {
        var golden = Export(model);

        var all = Run(
            _folder["model.onnx"], ("input_ids", golden["text"]), ("pixel_values", golden["image"]), ("attention_mask", golden["text"]));

        foreach (var (name, expected, tolerance) in new[]
        {
            ("logits_per_image", "logits_per_image", 2e-5f), ("logits_per_text", "logits_per_text", 2e-5f),
            ("image_embeds", "image_features_norm", 1e-6f), ("text_embeds", "text_features_norm", 1e-6f),
        })
        {
            output.WriteLine($"{name} {MaxError(golden[expected], all[name])}");
            Assert.InRange(MaxError(golden[expected], all[name]), 0, tolerance);
        }

        var images = Items(golden["image"], 0, 3);
        var three = Run(_folder["model.onnx"], ("input_ids", golden["text"]), ("pixel_values", images), ("attention_mask", golden["text"]));
        Assert.InRange(MaxError(golden["logits_per_image_3xN"], three["logits_per_image"]), 0, 2e-5f);
    }

    [SkippableTheory]
    [InlineData("vit")]
    [InlineData("rn")]
    [InlineData("hf")]
    [GoldenData("dev_vit")]
    [GoldenData("dev_hfcustom")]
    [GoldenData("dev_rn")]
    public void Cutting_texts_to_the_longest_changes_nothing(string model)
    {
        var golden = Export(model);
        var ids = golden["text"];
        var end = (float)GoldenModel.Config(model).Text.EosTokenId;
        var length = (int)ids.Shape[1];
        var longest = Enumerable.Range(0, (int)ids.Shape[0]).Max(i => ids.Data.Span.Slice(i * length, length).IndexOf(end)) + 1;
        using var session = new InferenceSession(_folder["text_model.onnx"]);
        var full = Run(session, ("input_ids", ids))["text_embeds"];

        Assert.InRange(MaxError(full, Run(session, ("input_ids", Cut(ids, longest)))["text_embeds"]), 0, 1e-6f);
        for (var i = 0; i < ids.Shape[0]; i++)
        {
            var own = ids.Data.Span.Slice(i * length, length).IndexOf(end) + 1;
            var alone = Run(session, ("input_ids", Cut(Items(ids, i, i + 1), own)))["text_embeds"];
            Assert.InRange(MaxError(Items(full, i, i + 1), alone), 0, 1e-6f);
        }
    }

    [Fact]
    public void An_items_feature_does_not_depend_on_its_batch()
    {
        var config = RandomModel.Config;
        ClipOnnxExporter.Export(config, RandomModel.Weights(config), _folder.Path);
        using var vision = new InferenceSession(_folder["vision_model.onnx"]);
        using var text = new InferenceSession(_folder["text_model.onnx"]);
        var images = RandomModel.Images(config, 5);
        var ids = Ids([30, 4, 31, 0, 0], [30, 31, 9, 9, 9], [30, 5, 6, 7, 31]);

        var imageEmbeds = Run(vision, ("pixel_values", images))["image_embeds"];
        var textEmbeds = Run(text, ("input_ids", ids))["text_embeds"];

        Assert.Equal([5, 6], imageEmbeds.Shape);
        Assert.Equal([3, 6], textEmbeds.Shape);
        for (var i = 0; i < 5; i++)
        {
            var alone = Run(vision, ("pixel_values", Items(images, i, i + 1)))["image_embeds"];
            Assert.InRange(MaxError(Items(imageEmbeds, i, i + 1), alone), 0, 1e-6f);
        }

        for (var i = 0; i < 3; i++)
        {
            var alone = Run(text, ("input_ids", Items(ids, i, i + 1)))["text_embeds"];
            Assert.InRange(MaxError(Items(textEmbeds, i, i + 1), alone), 0, 1e-6f);
        }

        Assert.True(MaxError(Items(imageEmbeds, 0, 1), Items(imageEmbeds, 1, 2)) > 0.01f);
        Assert.True(MaxError(Items(textEmbeds, 0, 1), Items(textEmbeds, 1, 2)) > 0.01f);
    }

    [Fact]
    public void Text_is_read_at_the_first_end_of_text()
    {
        var config = RandomModel.Config;
        ClipOnnxExporter.Export(config, RandomModel.Weights(config), _folder.Path);
        using var text = new InferenceSession(_folder["text_model.onnx"]);

        var padded = Run(text, ("input_ids", Ids([30, 4, 31, 31, 31], [30, 4, 31, 0, 8])))["text_embeds"];
        var short_ = Run(text, ("input_ids", Ids([30, 4, 31])))["text_embeds"];

        Assert.InRange(MaxError(short_, Items(padded, 0, 1)), 0, 1e-6f);
        Assert.InRange(MaxError(short_, Items(padded, 1, 2)), 0, 1e-6f);
    }

    [Fact]
    public void Text_is_read_at_the_largest_id_where_the_config_says_2()
    {
        var eos31 = RandomModel.Config;
        // Hugging Face's early configs say 2 and mean the largest id.
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(eos31))!;
        json["text_config"]!["eos_token_id"] = 2;
        var eos2 = ClipConfigJson.Parse(json.ToJsonString(), "early");
        ClipOnnxExporter.Export(eos31, RandomModel.Weights(eos31), _folder["31"]);
        ClipOnnxExporter.Export(eos2, RandomModel.Weights(eos2), _folder["2"]);
        var ids = Ids([30, 2, 4, 31, 0, 0]);

        var expected = Run(_folder["31/text_model.onnx"], ("input_ids", ids))["text_embeds"];

        Assert.InRange(MaxError(expected, Run(_folder["2/text_model.onnx"], ("input_ids", ids))["text_embeds"]), 0, 1e-6f);
    }

    [Fact]
    public void The_last_block_computes_only_the_token_that_is_read_and_yet_the_same()
    {
        // An added block whose two branches end in zeros passes every token through: the former last block must then be computed whole.
        var config = RandomModel.Config;
        var weights = RandomModel.Weights(config);
        var longer = config with
        {
            Vision = RandomModel.Vision with { Layers = RandomModel.Vision.Layers + 1 },
            Text = config.Text with { Layers = config.Text.Layers + 1 },
        };
        var longerWeights = RandomModel.Weights(longer, seed: 9);
        foreach (var (name, weight) in weights) longerWeights[name] = weight;
        foreach (var block in new[] { "visual.transformer.resblocks.2", "transformer.resblocks.3" })
        {
            foreach (var end in new[] { "attn.out_proj.weight", "attn.out_proj.bias", "mlp.c_proj.weight", "mlp.c_proj.bias" })
            {
                var last = longerWeights[$"{block}.{end}"];
                longerWeights[$"{block}.{end}"] = last with { Data = new float[last.Data.Length] };
            }
        }

        ClipOnnxExporter.Export(config, weights, _folder["short"]);
        ClipOnnxExporter.Export(longer, longerWeights, _folder["long"]);
        (string, WeightTensor)[] inputs =
        [
            ("pixel_values", RandomModel.Images(config, 2)),
            ("input_ids", Ids([30, 4, 7, 31, 0], [30, 31, 3, 3, 3])),
            ("attention_mask", Ids([1, 1, 1, 1, 0], [1, 1, 0, 0, 0])),
        ];

        var (expected, actual) = (Run(_folder["long/model.onnx"], inputs), Run(_folder["short/model.onnx"], inputs));

        foreach (var name in expected.Keys) Assert.InRange(MaxError(expected[name], actual[name]), 0, 1e-6f);
    }

    [Fact]
    public void Weights_too_large_for_one_message_lie_beside_the_file()
    {
        var config = RandomModel.Config with { Vision = RandomModel.Vision with { MlpWidth = 300 } };
        var weights = RandomModel.Weights(config);
        ClipOnnxExporter.Export(config, weights, _folder["inside"]);
        ClipOnnxExporter.Export(config, weights, _folder["beside"], maxInlineBytes: 50_000);
        var images = RandomModel.Images(config, 2);

        Assert.True(File.Exists(_folder["beside/vision_model.onnx_data"]));
        Assert.True(new FileInfo(_folder["beside/vision_model.onnx"]).Length < 50_000);
        Assert.False(File.Exists(_folder["beside/text_model.onnx_data"]));
        Assert.False(File.Exists(_folder["inside/vision_model.onnx_data"]));
        Assert.Equal(
            Run(_folder["inside/vision_model.onnx"], ("pixel_values", images))["image_embeds"].Data.ToArray(),
            Run(_folder["beside/vision_model.onnx"], ("pixel_values", images))["image_embeds"].Data.ToArray());
    }

    [Fact]
    public void A_logit_bias_is_added_to_the_logits()
    {
        var config = RandomModel.Config;
        var weights = RandomModel.Weights(config);
        ClipOnnxExporter.Export(config, weights, _folder["without"]);
        weights["logit_bias"] = new WeightTensor([], new[] { -10f });
        ClipOnnxExporter.Export(config, weights, _folder["with"]);
        var ids = Ids([30, 4, 31]);
        (string, WeightTensor)[] inputs = [("pixel_values", RandomModel.Images(config, 1)), ("input_ids", ids), ("attention_mask", ids)];

        var (without, with) = (Run(_folder["without/model.onnx"], inputs), Run(_folder["with/model.onnx"], inputs));

        Assert.Equal(without["logits_per_text"].Data.Span[0] - 10, with["logits_per_image"].Data.Span[0], 1e-5f);
    }

    [Theory]
    [InlineData("ln_final.bias", null, "The weight 'ln_final.bias' is missing; this config needs it with shape [12].")]
    [InlineData("visual.proj", 3, "The weight 'visual.proj' has shape [3]; this config needs [16, 6].")]
    [InlineData("logit_scale", null, "The weight 'logit_scale' is missing")]
    [InlineData("logit_scale", 2, "The weight 'logit_scale' has shape [2]; this config needs a single value.")]
    [InlineData("transformer.resblocks.3.ln_1.bias", 12, "The weight 'transformer.resblocks.3.ln_1.bias' has no place")]
    public void Weights_that_do_not_fit_the_config_are_named(string name, int? size, string message)
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        weights.Remove(name);
        if (size is { } n) weights[name] = new WeightTensor([n], new float[n]);

        Refused.With(message, () => ClipOnnxExporter.Export(RandomModel.Config, weights, _folder["onnx"]));
        Assert.Empty(_folder.Entries);
    }

    private Dictionary<string, WeightTensor> Export(string model)
    {
        var config = GoldenModel.Config(model);
        ClipOnnxExporter.Export(config, GoldenModel.Weights(model), _folder.Path);
        return SafetensorsReader.Load(Golden.Path($"golden/{model}/golden.safetensors"));
    }
}
