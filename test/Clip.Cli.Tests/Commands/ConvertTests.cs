using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Tokenizing;
using Clip.Trainer.Modeling;
using Microsoft.ML.Clip;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Cli.Tests.Commands;

public sealed class ConvertTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vit/model.safetensors", "--quick-gelu", 1e-5f)]
    [InlineData("vit/torchscript.pt", "", 0.02f)]
    [InlineData("rn/model.safetensors", "--quick-gelu --text-heads 2", 1e-5f)]
    [InlineData("rn/legacy.pt", "--quick-gelu --text-heads 2", 0.02f)]
    [InlineData("rn/openclip.pt", "--quick-gelu --text-heads 2", 0.02f)]
    [InlineData("rn/bf16.safetensors", "--quick-gelu --text-heads 2", 0.2f)]
    [InlineData("hf/hf", "", 1e-5f)]
    [GoldenData("dev_vit/model.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_vit/hf", "", 1e-5f)]
    [GoldenData("dev_vit/extra/model_torchscript_fp32.pt", "", 1e-5f)]
    [GoldenData("dev_vit/extra/model_torchscript_fp16.pt", "", 0.02f)]
    [GoldenData("dev_vit/extra/model_legacy_nonzip.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_vit/extra/openclip_checkpoint_ddp.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_vit/extra/model_fp16mixed.safetensors", "--quick-gelu", 0.02f)]
    [GoldenData("dev_vit/extra/model_bf16all.safetensors", "--quick-gelu", 0.2f)]
    [GoldenData("dev_rn/model.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_rn/extra/model_torchscript_fp32.pt", "", 1e-5f)]
    [GoldenData("dev_rn/extra/model_torchscript_fp16.pt", "", 0.02f)]
    [GoldenData("dev_rn/extra/model_legacy_nonzip.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_rn/extra/openclip_checkpoint_ddp.pt", "--quick-gelu", 1e-5f)]
    [GoldenData("dev_hfcustom/hf", "", 1e-5f)]
    [GoldenData("dev_hfcustom/hf/model.safetensors", "", 1e-5f)]
    [GoldenData("dev_hfcustom/model.pt", "--gelu --vision-heads 3 --text-heads 4", 1e-5f)]
    public async Task Features_are_the_original_implementations(string checkpoint, string options, float tolerance)
    {
        var golden = SafetensorsReader.Load(Golden.Path($"golden/{checkpoint.Split('/')[0]}/golden.safetensors"));

        Assert.Equal(0, await Convert(Golden.Path($"golden/{checkpoint}"), options));

        var images = Run(_folder["out/onnx/vision_model.onnx"], ("pixel_values", golden["image"]))["image_embeds"];
        var texts = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", golden["text"]))["text_embeds"];
        output.WriteLine($"images {MaxError(golden["image_features"], images)}, texts {MaxError(golden["text_features"], texts)}");
        Assert.InRange(MaxError(golden["image_features"], images), 0, tolerance);
        Assert.InRange(MaxError(golden["text_features"], texts), 0, tolerance);
    }

    [Fact]
    public async Task Another_image_size_interpolates_the_positions()
    {
        var original = Golden.Path("golden/vit/model.safetensors");

        Assert.Equal(0, await Convert(original, "--quick-gelu --image-size 24"));

        var images = new WeightTensor([1, 3, 24, 24], new float[3 * 24 * 24]);
        Assert.Equal(24, Run(_folder["out/onnx/vision_model.onnx"], ("pixel_values", images))["image_embeds"].Data.Length);
        Assert.Equal(24, ClipImagePreprocessing.Load(_folder["out/preprocessor_config.json"]).CropHeight);
        Assert.Equal([10L, 64], CheckpointFile.Load(_folder["out"])["visual.positional_embedding"].Shape);
    }

    [Theory]
    [InlineData("vit/model.safetensors", "--quick-gelu --image-size 20", "does not divide image_size 20")]
    [InlineData("rn/model.safetensors", "--quick-gelu --text-heads 2 --image-size 96", "leave --image-size out")]
    public async Task A_size_that_the_model_cannot_take_is_refused(string file, string options, string message)
    {
        var arguments = new[] { "convert", Golden.Path($"golden/{file}"), "--output", _folder["out"] };

        var (exit, _, error) = await Command.RunApartAsync([.. arguments, .. options.Split(' ')]);

        Assert.Equal(1, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [SkippableTheory]
    [InlineData("quickgelu.argmax", "\"quick_gelu\": true", "argmax")]
    [InlineData("quickgelu.eos", "\"quick_gelu\": true", "eos")]
    [InlineData("quickgelu.first", "\"quick_gelu\": true", "first")]
    [InlineData("quickgelu.last", "\"quick_gelu\": true", "last")]
    [InlineData("gelu.argmax", "\"quick_gelu\": false", "argmax")]
    public async Task Open_clips_activations_and_text_poolings_give_its_features(string variant, string activation, string pooling)
    {
        var golden = SafetensorsReader.Load(Golden.Path("golden/vit/variants.safetensors"));
        var inputs = SafetensorsReader.Load(Golden.Path("golden/vit/golden.safetensors"));
        File.WriteAllText(_folder["c.json"], $$"""
            {"embed_dim": 24, {{activation}},
             "vision_cfg": {"image_size": 16, "layers": 1, "width": 64, "patch_size": 8},
             "text_cfg": {"context_length": 8, "vocab_size": 40, "width": 64, "heads": 1, "layers": 1, "pool_type": "{{pooling}}"} }
            """);

        Assert.Equal(0, await Convert(Golden.Path("golden/vit/model.safetensors"), $"--config {_folder["c.json"]}"));

        var texts = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", inputs["text"]))["text_embeds"];
        output.WriteLine($"{MaxError(golden[$"{variant}.text_features"], texts)}");
        Assert.InRange(MaxError(golden[$"{variant}.text_features"], texts), 0, 1e-5f);
        if (golden.TryGetValue($"{variant}.image_features", out var expected))
            Assert.InRange(
                MaxError(expected, Run(_folder["out/onnx/vision_model.onnx"], ("pixel_values", inputs["image"]))["image_embeds"]),
                0, 1e-5f);
        Assert.Equal(ClipConfigJson.Load(_folder["c.json"]).Text.Pooling, ClipConfigJson.Load(_folder["out"]).Text.Pooling);
    }

    [SkippableFact]
    public async Task A_text_read_at_the_last_token_is_filled_up_as_open_clip_does()
    {
        var tokenizer = Golden.Path("golden/clip_tokenizer");
        var config = RandomModel.Config.WithVocabulary(49408);
        config = config with { Text = config.Text with { Pooling = TextPooling.Last } };
        Directory.CreateDirectory(_folder["source"]);
        SafetensorsWriter.Write(_folder["source/model.safetensors"], RandomModel.Weights(config));
        File.WriteAllText(_folder["source/config.json"], ClipConfigJson.ToHuggingFace(config));

        Assert.Equal(0, await Convert(_folder["source"], $"--tokenizer {tokenizer}"));

        using var model = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        var padded = Ids([49406, 320, 2368, 49407, 0, 0, 0, 0, 0, 0]);
        var expected = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", padded))["text_embeds"].Data.ToArray();
        var actual = model.EmbedText("a cat", normalize: false);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    [Fact]
    public async Task An_ONNX_file_is_no_checkpoint()
    {
        ClipOnnxExporter.Export(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["onnx"]);

        var arguments = new[] { "convert", _folder["onnx/text_model.onnx"], "--output", _folder["out"], "--gelu" };
        var (exit, _, error) = await Command.RunApartAsync(arguments);

        Assert.Equal(1, exit);
        Assert.Contains(
            "is neither safetensors nor a file of PyTorch's", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(["onnx"], _folder.Entries);
    }

    [SkippableFact]
    public async Task A_config_elsewhere_serves_as_well()
    {
        var hf = Golden.Path("golden/hf/hf/config.json");

        Assert.Equal(0, await Convert(Golden.Path("golden/hf/hf/model.safetensors"), $"--config {hf}"));

        Assert.Equal(ClipConfigJson.Load(hf), ClipConfigJson.Load(_folder["out"]));
    }

    [Theory]
    [InlineData("", "does not tell which activation its model was trained with: give --quick-gelu")]
    [InlineData("--gelu", "the vision tower's width 16 is no multiple of 64, so its heads are unknown; give --vision-heads or --config.")]
    [InlineData("--gelu --vision-heads 2", "the text tower's width 12 is no multiple of 64")]
    [InlineData("--gelu --vision-heads 5 --text-heads 3", "vision heads 5 does not divide width 16")]
    [InlineData("--config ViT-B-32", "'token_embedding.weight' has shape [32, 12]")]
    [InlineData("--config no-such", "There is no model config 'no-such'")]
    [InlineData("--gelu --vision-heads 2 --text-heads 3 --tokenizer no-such", "There is no tokenizer 'no-such'")]
    [InlineData("--gelu --vision-heads 2 --text-heads 3 --precision fp8", "--precision 'fp8' is not known")]
    public async Task What_is_still_to_be_told_is_asked_for_by_its_name(string options, string message)
    {
        SafetensorsWriter.Write(_folder["m.safetensors"], RandomModel.Weights(RandomModel.Config));

        var (exit, _, error) = await Command.RunApartAsync(
            ["convert", _folder["m.safetensors"], "--output", _folder["out"], .. Words(options)]);

        Assert.Equal(1, exit);
        Assert.StartsWith("clip: ", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal(["m.safetensors"], _folder.Entries);
    }

    [Fact]
    public async Task Every_precision_is_written()
    {
        SafetensorsWriter.Write(_folder["m.safetensors"], RandomModel.Weights(RandomModel.Config));

        Assert.Equal(0, await Convert(_folder["m.safetensors"], "--gelu --vision-heads 2 --text-heads 3 --precision fp32,fp16,int8"));

        foreach (var suffix in new[] { "", "_fp16", "_int8" })
        {
            var images = RandomModel.Images(RandomModel.Config, 2);
            Assert.Equal([2, 6], Run(_folder[$"out/onnx/vision_model{suffix}.onnx"], ("pixel_values", images))["image_embeds"].Shape);
        }
    }

    [Fact]
    public async Task Without_a_tokenizer_images_work_and_texts_say_what_is_missing()
    {
        SafetensorsWriter.Write(_folder["m.safetensors"], RandomModel.Weights(RandomModel.Config));

        var (exit, printed, error) = await Command.RunApartAsync(
            "convert", _folder["m.safetensors"], "--output", _folder["out"], "--gelu", "--vision-heads", "2", "--text-heads", "3");

        Assert.Equal((0, true), (exit, printed.Contains($"Model folder: {_folder["out"]}", StringComparison.Ordinal)));
        Assert.Contains("warning: The folder has no tokenizer, so only its image side works", error, StringComparison.Ordinal);
        using var model = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        Assert.Equal(6, model.EmbedImage(Pictures.Png(10, 12)).Length);
        var e = Assert.Throws<FileNotFoundException>(() => model.EmbedText("a cat"));
        Assert.Contains("has no tokenizer", e.Message, StringComparison.Ordinal);
        Assert.Contains("convert the checkpoint again with its `Tokenizer`", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tokenizer_may_lie_beside_be_a_folder_a_pair_or_OpenAIs_merges()
    {
        var vocabulary = BpeTrainer.Train(["a photo of a dog", "a photo of a cat"], 530);
        var config = RandomModel.Config.WithVocabulary(vocabulary.Size);
        Directory.CreateDirectory(_folder["source"]);
        vocabulary.Save(_folder["tokenizer"]);
        SafetensorsWriter.Write(_folder["source/model.safetensors"], RandomModel.Weights(config));
        var merges = "\"bpe_simple_vocab_16e6.txt#version: 0.2\n" + string.Concat(vocabulary.Merges.Select(m => $"{m.Left} {m.Right}\n"));
        const string openAI = "bpe_simple_vocab_16e6.txt.gz";
        using (var gzip = new GZipStream(File.Create(_folder[openAI]), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(merges));

        foreach (var tokenizer in new[]
        {
            _folder["tokenizer"], $"{_folder["tokenizer/vocab.json"]}+{_folder["tokenizer/merges.txt"]}", _folder[openAI],
        })
        {
            Assert.Equal(0, await Convert(_folder["source"], $"--gelu --vision-heads 2 --text-heads 3 --tokenizer {tokenizer}"));
            AssertTokenizer();
        }

        foreach (var file in Directory.GetFiles(_folder["tokenizer"]))
            File.Copy(file, Path.Combine(_folder["source"], Path.GetFileName(file)));
        Assert.Equal(0, await Convert(_folder["source"], "--gelu --vision-heads 2 --text-heads 3"));
        AssertTokenizer();

        void AssertTokenizer()
        {
            var written = BpeVocabulary.Load(_folder["out"]);
            Assert.Equal(vocabulary.Ids, written.Ids);
            Assert.Equal(vocabulary.Merges, written.Merges);
            Assert.Equal(config.Text, ClipConfigJson.Load(_folder["out"]).Text);
        }
    }

    [Fact]
    public async Task Another_models_tokenizer_is_refused()
    {
        BpeTrainer.Train(["a photo of a dog"], 520).Save(_folder["tokenizer"]);
        SafetensorsWriter.Write(_folder["m.safetensors"], RandomModel.Weights(RandomModel.Config));

        var options = $"--gelu --vision-heads 2 --text-heads 3 --tokenizer {_folder["tokenizer"]}";
        Assert.Equal(1, await Convert(_folder["m.safetensors"], options));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task Open_clips_folder_brings_config_and_preprocessing()
    {
        Directory.CreateDirectory(_folder["repo"]);
        SafetensorsWriter.Write(_folder["repo/open_clip_model.safetensors"], RandomModel.Weights(OpenClip));
        File.WriteAllText(_folder["repo/open_clip_config.json"], OpenClipConfig);

        Assert.Equal(0, await Convert(_folder["repo"], ""));

        Assert.Equal(OpenClip, ClipConfigJson.Load(_folder["out"]));
        var preprocessing = ClipImagePreprocessing.Load(_folder["out/preprocessor_config.json"]);
        var expected = ClipImagePreprocessing.ForSize(8) with { Resample = ImageResample.Bilinear };
        Assert.Equal(expected with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.25f, 0.5f] }, preprocessing);
    }

    [Theory]
    [InlineData("vision_cfg", "timm_model_name", "\"vit_base\"", "timm_model_name vit_base cannot be trained from scratch")]
    [InlineData("text_cfg", "hf_model_name", "\"roberta-base\"", "hf_model_name roberta-base cannot be trained from scratch")]
    [InlineData("text_cfg", "pool_type", "\"none\"", "pool_type 'none' is not supported; eos, argmax, first and last are.")]
    [InlineData("text_cfg", "act_kwargs", "{\"approximate\": \"tanh\"}", "the towers have different act_kwargs")]
    [InlineData("text_cfg", "norm_kwargs", "{\"eps\": 1e-6, \"bias\": false}", "norm_kwargs bias is not supported")]
    [InlineData("vision_cfg", "scale_heads", "true", "vision_cfg scale_heads True cannot be trained from scratch, only fine-tuned")]
    [InlineData("vision_cfg", "mlp_type", "\"geometric\"", "vision_cfg mlp_type geometric is not supported; leave it out of the config")]
    [InlineData("text_cfg", "mlp_type", "\"geometric\"", "text_cfg mlp_type geometric is not supported; leave it out of the config")]
    [InlineData(null, "quick_gellu", "true", "model_cfg quick_gellu True is not supported; leave it out of the config")]
    public void A_config_that_asks_for_what_is_not_trained_is_refused(string? tower, string key, string value, string message)
    {
        var json = JsonNode.Parse(OpenClipConfig)!;
        var section = tower is null ? json["model_cfg"]! : json["model_cfg"]![tower]!;
        section[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder["c.json"], json.ToJsonString());

        Refused.With(message, () => ModelConfigFile.Read(_folder["c.json"]));
    }

    [Fact]
    public async Task The_checkpoints_own_folder_is_not_replaced()
    {
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["model"], null);

        Assert.Equal(1, await Command.RunAsync("convert", _folder["model"], "--output", _folder["model"]));
        Assert.Equal(0, await Convert(_folder["model"], ""));
        SameWeights.Assert(CheckpointFile.Load(_folder["model"]), CheckpointFile.Load(_folder["out"]));
    }

    [SkippableTheory]
    [InlineData("vit/torchscript.pt")]
    [InlineData("vit/model.safetensors")]
    [InlineData("rn/legacy.pt")]
    [GoldenData("dev_vit/model.pt")]
    [GoldenData("dev_vit/extra/model_legacy_nonzip.pt")]
    [GoldenData("dev_vit/model.safetensors")]
    [GoldenData("preprocess/images/gray16.png")]
    public async Task A_bad_file_leaves_nothing(string file)
    {
        var bytes = File.ReadAllBytes(Golden.Path($"golden/{file}"));
        File.WriteAllBytes(_folder["bad.pt"], bytes[..(bytes.Length * 9 / 10)]);

        var (exit, _, error) = await Command.RunApartAsync("convert", _folder["bad.pt"], "--output", _folder["out"], "--quick-gelu");

        Assert.Equal(1, exit);
        Assert.StartsWith($"clip: {_folder["bad.pt"]}", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(["bad.pt"], _folder.Entries);
    }

    [Fact]
    public async Task A_context_too_long_for_its_mask_is_refused()
    {
        var config = RandomModel.Config with { Text = RandomModel.Config.Text with { ContextLength = 5000 } };
        SafetensorsWriter.Write(_folder["m.safetensors"], RandomModel.Weights(config));

        Assert.Equal(1, await Convert(_folder["m.safetensors"], "--gelu --vision-heads 2 --text-heads 3"));
        Assert.Equal(["m.safetensors"], _folder.Entries);
    }

    private static ClipConfig OpenClip { get; } = RandomModel.Config with
    {
        Vision = new VisionTransformerConfig { ImageSize = 8, PatchSize = 4, Width = 16, Layers = 2, Heads = 2, MlpWidth = 64 },
        Text = RandomModel.Config.Text with { MlpWidth = 48 },
        LogitScaleInit = new ClipConfig().LogitScaleInit,
    };

    private const string OpenClipConfig =
        """
        {"model_cfg": {"embed_dim": 6, "vision_cfg": {"image_size": 8, "layers": 2, "width": 16, "head_width": 8, "patch_size": 4},
                       "text_cfg": {"context_length": 10, "vocab_size": 32, "width": 12, "heads": 3, "layers": 3, "pool_type": "argmax"}},
         "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.5], "interpolation": "bilinear"}}
        """;

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private Task<int> Convert(string checkpoint, string options) =>
        Command.RunAsync(["convert", checkpoint, "--output", _folder["out"], .. Words(options)]);
}
