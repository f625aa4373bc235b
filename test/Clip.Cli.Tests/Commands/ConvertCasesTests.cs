using System.Text.Json.Nodes;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static Clip.Testing.OnnxFile;

namespace Clip.Cli.Tests.Commands;

/// <summary>Checkpoints and configs as others have them, from the command line to the features.</summary>
public sealed class ConvertCasesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("01-numpy-scalar/epoch_1.pt", "--quick-gelu")]
    [InlineData("02-model-state-dict/under_model.pt", "--quick-gelu")]
    [InlineData("27-wrappers/clip_model.safetensors", "--quick-gelu")]
    [InlineData("28-hf-config/no-eos", "")]
    [InlineData("03-processor-config/saved-by-v5", "")]
    [InlineData("25-one-tower/vision-with-projection", "")]
    public async Task Cases_from_outside_convert(string path, string options)
    {
        Assert.Equal(0, await Convert(Golden.Path($"cases/{path}"), options));

        using var model = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        Assert.All(model.EmbedImage(Pictures.Png(20, 16)), value => Assert.True(float.IsFinite(value)));
    }

    [SkippableTheory]
    [InlineData("23-lfs-pointer/pytorch_model.bin", "is a Git LFS pointer")]
    [InlineData("23-lfs-pointer/ViT-B-32.pt", "is a web page")]
    [InlineData("23-lfs-pointer/cloned", "is a Git LFS pointer")]
    [InlineData("23-lfs-pointer/half.safetensors", "half.safetensors")]
    public async Task What_is_not_the_file_is_named(string path, string message)
    {
        var (exit, _, error) = await Command.RunApartAsync(
            "convert", Golden.Path($"cases/{path}"), "--output", _folder["out"], "--quick-gelu");

        Assert.Equal(1, exit);
        Assert.Contains(message, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(_folder.Entries);
    }

    [SkippableTheory]
    [InlineData("worldwide_xlmv")]
    [InlineData("worldwide_mt5")]
    public async Task An_end_of_text_of_open_clips_is_that_id(string model)
    {
        var golden = SafetensorsReader.Load(Golden.Path($"golden/zoo/{model}/golden.safetensors"));
        Directory.CreateDirectory(_folder["source"]);
        File.Copy(Golden.Path($"golden/zoo/{model}/open_clip_model.safetensors"), _folder["source/open_clip_model.safetensors"]);
        File.Copy(Golden.Path($"golden/zoo/{model}/config.json"), _folder["source/open_clip_config.json"]);

        Assert.Equal(0, await Convert(_folder["source"], ""));
        // The folder it wrote says the same.
        Assert.Equal(0, await Command.RunAsync("convert", _folder["out"], "--output", _folder["again"]));

        foreach (var folder in new[] { "out", "again" })
        {
            var images = Run(_folder[$"{folder}/onnx/vision_model.onnx"], ("pixel_values", golden["pixels"]))["image_embeds"];
            var texts = Run(_folder[$"{folder}/onnx/text_model.onnx"], ("input_ids", golden["input_ids"]))["text_embeds"];
            Assert.InRange(MaxError(golden["image_features"], images), 0, 2e-5f);
            Assert.InRange(MaxError(golden["text_features"], texts), 0, 2e-5f);
        }
    }

    [Theory]
    [InlineData("quick_gelu", "gelu", 1e-5, 1e-5)]
    [InlineData("gelu", "quick_gelu", 1e-5, 1e-5)]
    [InlineData("gelu", "gelu", 1e-2, 1e-5)]
    [InlineData("gelu", "quick_gelu", 1e-5, 1e-2)]
    public void Towers_may_differ_in_activation_and_epsilon(string image, string text, double imageEps, double textEps)
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(RandomModel.Config))!;
        (json["vision_config"]!["hidden_act"], json["text_config"]!["hidden_act"]) = (image, text);
        (json["vision_config"]!["layer_norm_eps"], json["text_config"]!["layer_norm_eps"]) = (imageEps, textEps);
        var config = ClipConfigJson.Parse(json.ToJsonString(), "x");
        var weights = RandomModel.Weights(config);

        RandomModel.WriteFolder(config, weights, _folder["m"]);

        Assert.Equal(config, ClipConfigJson.Load(_folder["m"]));
        // torch and the graphs agree, and no tower has the other's.
        using var module = new ClipModel(config);
        TorchWeights.Load(module, weights, "x");
        module.eval();
        using var scope = torch.NewDisposeScope();
        var pixels = RandomModel.Images(config, 2);
        var ids = new long[,] { { 30, 3, 4, 31, 0 }, { 30, 7, 31, 1, 1 } };
        var expected = module.EncodeImage(torch.tensor(pixels.Data.ToArray(), pixels.Shape.ToArray()));
        var actual = Run(_folder["m/onnx/vision_model.onnx"], ("pixel_values", pixels))["image_embeds"];
        Assert.InRange(MaxError(TorchWeights.Copy(expected), actual), 0, 2e-5f);
        var texts = module.EncodeText(torch.tensor(ids));
        Assert.InRange(
            MaxError(TorchWeights.Copy(texts), Run(_folder["m/onnx/text_model.onnx"], ("input_ids", Ids(ids)))["text_embeds"]),
            0, 2e-5f);

        RandomModel.WriteFolder(config with { VisionActivation = null, VisionLayerNormEps = null }, weights, _folder["same"]);
        var same = Run(_folder["same/onnx/vision_model.onnx"], ("pixel_values", pixels))["image_embeds"];
        Assert.True(MaxError(same, actual) > 1e-5f);
    }

    [Theory]
    [InlineData("vision_config", "hidden_act")]
    [InlineData("text_config", "eos_token_id")]
    [InlineData("text_config", "hidden_act")]
    [InlineData("text_config", "layer_norm_eps")]
    [InlineData("text_config", "bos_token_id")]
    public void A_null_in_a_config_is_the_default(string section, string key)
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(new ClipConfig()))!;
        json[section]![key] = null;

        Assert.Equal(new ClipConfig { LogitScaleInit = 0 }, ClipConfigJson.Parse(json.ToJsonString(), "x") with { LogitScaleInit = 0 });
    }

    [Theory]
    [InlineData("vision_config", "image_size", "[8, 8]")]
    [InlineData("vision_config", "patch_size", "[4, 4]")]
    [InlineData("vision_config", "image_size", "8.0")]
    [InlineData("vision_config", "hidden_act", "\"gelu_python\"")]
    public void Other_spellings_of_a_config_mean_the_same(string section, string key, string value)
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(RandomModel.Config))!;
        json[section]![key] = JsonNode.Parse(value);

        Assert.Equal(RandomModel.Config, ClipConfigJson.Parse(json.ToJsonString(), "x"));
    }

    [Theory]
    [InlineData("text_config", "max_position_embeddings", 1_000_000_000)]
    [InlineData("text_config", "hidden_size", 1_000_000_000)]
    [InlineData("text_config", "num_hidden_layers", 1_000_000_000)]
    [InlineData("text_config", "vocab_size", 2_000_000_000)]
    [InlineData("vision_config", "num_hidden_layers", 1_000_000_000)]
    [InlineData("vision_config", "hidden_size", 2_000_000_000)]
    [InlineData("vision_config", "image_size", 1_000_000_000)]
    [InlineData("vision_config", "intermediate_size", 2_000_000_000)]
    public void A_config_beyond_any_CLIP_is_refused_before_anything_is_made(string section, string key, int value)
    {
        var json = JsonNode.Parse(ClipConfigJson.ToHuggingFace(RandomModel.Config))!;
        json[section]![key] = value;

        Refused.With("beyond any CLIP's", () => ClipConfigJson.Parse(json.ToJsonString(), "x"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_tower_alone_is_a_folder_of_that_tower(bool image)
    {
        var config = RandomModel.Config with { Towers = image ? ModelTowers.Image : ModelTowers.Text };
        var weights = RandomModel.Weights(config)
            .Where(w => w.Key != "logit_scale" && w.Key.StartsWith("visual.", StringComparison.Ordinal) == image).ToDictionary();
        Directory.CreateDirectory(_folder["source"]);
        SafetensorsWriter.Write(_folder["source/model.safetensors"], NameMap.ToHuggingFace(weights));
        File.WriteAllText(_folder["source/config.json"], ClipConfigJson.ToHuggingFace(config));

        Assert.Equal(0, await Convert(_folder["source"], ""));

        Assert.Equal(config.Towers, ClipConfigJson.Load(_folder["out"]).Towers);
        var (stem, other) = image ? ("vision_model", "text_model") : ("text_model", "vision_model");
        Assert.True(File.Exists(_folder[$"out/onnx/{stem}.onnx"]));
        Assert.False(File.Exists(_folder[$"out/onnx/{other}.onnx"]) || File.Exists(_folder["out/onnx/model.onnx"]));
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["both"]);
        var input = image
            ? ("pixel_values", RandomModel.Images(config, 2))
            : ("input_ids", new WeightTensor([1, 4], new float[] { 30, 3, 4, 31 }));
        var output = image ? "image_embeds" : "text_embeds";
        Assert.Equal(
            Run(_folder[$"both/onnx/{stem}.onnx"], input)[output].Data.ToArray(),
            Run(_folder[$"out/onnx/{stem}.onnx"], input)[output].Data.ToArray());
        if (!image) return;
        using var model = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        Assert.Equal(6, model.EmbedImage(Pictures.Png(9, 8)).Length);
    }

    [Fact]
    public async Task A_text_tower_alone_embeds_texts_as_in_the_whole_model()
    {
        var vocabulary = BpeTrainer.Train(["a photo of a dog", "a photo of a cat"], 530);
        var config = RandomModel.Config.WithVocabulary(vocabulary.Size, vocabulary.StartOfTextId, vocabulary.EndOfTextId);
        RandomModel.WriteFolder(config, RandomModel.Weights(config), _folder["both"], folder => vocabulary.Save(folder));
        vocabulary.Save(_folder["source"]);
        var weights = RandomModel.Weights(config)
            .Where(w => w.Key != "logit_scale" && !w.Key.StartsWith("visual.", StringComparison.Ordinal));
        SafetensorsWriter.Write(_folder["source/model.safetensors"], NameMap.ToHuggingFace(weights.ToDictionary()));
        File.WriteAllText(_folder["source/config.json"], ClipConfigJson.ToHuggingFace(config with { Towers = ModelTowers.Text }));

        Assert.Equal(0, await Convert(_folder["source"], ""));

        using var whole = Microsoft.ML.Clip.ClipModel.Open(_folder["both"]);
        using var alone = Microsoft.ML.Clip.ClipModel.Open(_folder["out"]);
        Assert.Equal(10, alone.ContextLength);
        Assert.Equal(whole.EmbedText("a photo of a dog and a cat and a dog"), alone.EmbedText("a photo of a dog and a cat and a dog"));
    }

    [Fact]
    public async Task A_checkpoint_of_a_run_is_converted_by_what_lies_beside_it()
    {
        using var run = new TinyRun();
        Assert.Equal(0, await Command.RunAsync(
            "train", "--train-data", run.Table, "--model", run.ConfigFile, "--tokenizer", run.Folder["tokenizer"], "--epochs", "1",
            "--batch-size", "4", "--aug-background", "#010203", "--model-ema-decay", "0.5", "--output", run.Folder["trained"]));
        var checkpoint = Directory.GetFiles(run.Folder["trained.run/checkpoints"], "*.safetensors").Order(StringComparer.Ordinal).Last();
        File.Copy(checkpoint, _folder["alone.safetensors"]);

        // The config has heads that the widths do not tell.
        Assert.Equal(0, await Convert(checkpoint, ""));
        var (exit, _, error) = await Command.RunApartAsync("convert", _folder["alone.safetensors"], "--output", _folder["x"], "--gelu");

        SameWeights.Assert(CheckpointFile.Load(run.Folder["trained"]), CheckpointFile.Load(_folder["out"]));
        foreach (var file in new[] { "config.json", "preprocessor_config.json", "tokenizer.json", "vocab.json", "merges.txt" })
            Assert.Equal(File.ReadAllText(run.Folder[$"trained/{file}"]), File.ReadAllText(_folder[$"out/{file}"]));
        Assert.Equal(1, exit);
        Assert.Contains("is a checkpoint of clip train, whose config is in the run's run.json", error, StringComparison.Ordinal);
        var shown = Inspection.Of(run.Folder["trained.run"]).ToLookup(line => line.Heading, line => line.Text);
        Assert.Equal("run of clip train, not a model folder", shown["kind"].Single());
        Assert.Equal(run.Folder["trained"], shown["model folder"].Single());
    }

    [Fact]
    public async Task A_tower_without_its_projection_is_refused()
    {
        var weights = RandomModel.Weights(RandomModel.Config)
            .Where(w => w.Key.StartsWith("visual.", StringComparison.Ordinal) && w.Key != "visual.proj").ToDictionary();
        SafetensorsWriter.Write(_folder["model.safetensors"], NameMap.ToHuggingFace(weights));
        File.WriteAllText(_folder["config.json"], ClipConfigJson.ToHuggingFace(RandomModel.Config with { Towers = ModelTowers.Image }));

        var (exit, _, error) = await Command.RunApartAsync("convert", _folder.Path, "--output", _folder["out"]);

        Assert.Equal(1, exit);
        Assert.Contains("has no visual_projection", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1280, 16)]
    [InlineData(1408, 16)]
    [InlineData(1664, 16)]
    [InlineData(768, 12)]
    public void Heads_are_those_of_the_published_models_of_a_width(int width, int heads)
    {
        var config = RandomModel.Config with
        {
            Vision = RandomModel.Vision with { ImageSize = 28, PatchSize = 14, Width = width, Layers = 1, Heads = heads },
            Text = RandomModel.Config.Text with { Width = 512, Heads = 8 },
        };
        var weights = ParameterLayout.Of(config)
            .ToDictionary(p => p.Name, p => new WeightTensor(p.Shape, ReadOnlyMemory<float>.Empty));

        foreach (var activation in new[] { Activation.Gelu, Activation.QuickGelu })
        {
            var inferred = ArchitectureInference.Infer(weights, new(activation), "x");
            Assert.Equal(heads, ((VisionTransformerConfig)inferred.Vision).Heads);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task Weights_that_are_no_numbers_are_refused_by_every_command(float value)
    {
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["good"]);
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["bad"]);
        var weights = RandomModel.Weights(RandomModel.Config);
        var values = weights["visual.proj"].Data.ToArray();
        values[5] = value;
        weights["visual.proj"] = weights["visual.proj"] with { Data = values };
        SafetensorsWriter.Write(_folder["bad/model.safetensors"], NameMap.ToHuggingFace(weights));
        string[][] commands =
        [
            ["convert", _folder["bad"], "--output", _folder["out"]],
            ["interpolate", _folder["good"], _folder["bad"], "--output", _folder["out"]],
            ["interpolate", _folder["bad"], _folder["good"], "--output", _folder["out"], "--alpha", "1"],
            ["export-safetensors", _folder["bad"], "--output", _folder["out"]],
            ["quantize", "--model", _folder["bad"]],
        ];
        foreach (var command in commands)
        {
            var (exit, _, error) = await Command.RunApartAsync(command);

            Assert.Equal(1, exit);
            Assert.Contains("weight 'visual.proj' has 1 of 96 values that are NaN or infinite", error, StringComparison.Ordinal);
            Assert.Equal(["bad", "good"], _folder.Entries.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Nothing_that_is_there_is_written_over()
    {
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["a"]);
        RandomModel.WriteFolder(RandomModel.Config, RandomModel.Weights(RandomModel.Config), _folder["b"]);
        File.WriteAllText(_folder["w.safetensors"], "mine");

        Assert.Equal(1, await Command.RunAsync("interpolate", _folder["a"], _folder["b"], "--output", _folder["b"]));
        Assert.Equal(1, await Command.RunAsync("interpolate", _folder["a"], _folder["b"], "--output", _folder["b"] + "/"));
        Assert.Equal(1, await Command.RunAsync("export-safetensors", _folder["a"], "--output", _folder["w.safetensors"]));
        Assert.Equal("mine", File.ReadAllText(_folder["w.safetensors"]));
        Assert.Equal(0, await Command.RunAsync("export-safetensors", _folder["a"], "--output", _folder["w.safetensors"], "--overwrite"));
        var own = _folder["a/model.safetensors"];
        Assert.Equal(1, await Command.RunAsync("export-safetensors", _folder["a"], "--output", own, "--overwrite"));
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateSymbolicLink(_folder["link"], _folder["b"]);
        Assert.Equal(1, await Command.RunAsync("interpolate", _folder["a"], _folder["link"], "--output", _folder["b"]));
    }

    [SkippableFact]
    public async Task A_pipe_in_a_files_place_is_refused_at_once()
    {
        NamedPipe.Make(_folder["model.safetensors"]);

        foreach (var path in new[] { _folder["model.safetensors"], _folder.Path, "/dev/zero" })
        {
            foreach (var command in new string[][] { ["inspect", path], ["convert", path, "--output", _folder["out"]] })
            {
                var (exit, _, error) = await Command.RunApartAsync(command).WaitAsync(TimeSpan.FromSeconds(60));
                Assert.Equal(1, exit);
                Assert.Contains("has no content", error, StringComparison.Ordinal);
            }
        }
    }

    private static WeightTensor Ids(long[,] ids) =>
        new([ids.GetLength(0), ids.GetLength(1)], ids.Cast<long>().Select(id => (float)id).ToArray());

    private Task<int> Convert(string checkpoint, string options) =>
        Command.RunAsync(["convert", checkpoint, "--output", _folder["out"], .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
}
