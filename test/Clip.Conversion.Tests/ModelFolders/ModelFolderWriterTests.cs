using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using ClipImagePreprocessing = Microsoft.ML.Clip.ClipImagePreprocessing;

namespace Clip.Conversion.Tests.ModelFolders;

public sealed class ModelFolderWriterTests : IDisposable
{
    private static readonly ClipConfig Config = RandomModel.Config;

    private static readonly string[] Files =
    [
        "config.json", "model.safetensors", "onnx/model.onnx", "onnx/text_model.onnx", "onnx/vision_model.onnx", "preprocessor_config.json",
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_holds_all_that_a_model_is()
    {
        var weights = RandomModel.Weights(Config);

        RandomModel.WriteFolder(Config, weights, _folder["model"], folder => File.WriteAllText(Path.Combine(folder, "vocab.json"), "{}"));

        Assert.Equal(Files.Append("vocab.json"), FilesIn("model"));
        Assert.Equal(["model"], _folder.Entries);
        Assert.Equal(Config, ClipConfigJson.Load(_folder["model"]));
        SameWeights.Assert(weights, NameMap.ToOpenAI(SafetensorsReader.Load(_folder["model/model.safetensors"])));
        var images = RandomModel.Images(Config, 1);
        Assert.Equal([1, 6], OnnxFile.Run(_folder["model/onnx/vision_model.onnx"], ("pixel_values", images))["image_embeds"].Shape);
    }

    [Fact]
    public void The_weights_file_is_the_reference_implementations()
    {
        var config = ClipConfigJson.Load(Golden.Path("golden/hf/hf"));

        RandomModel.WriteFolder(config, CheckpointFile.Load(Golden.Path("golden/hf/hf")), _folder["model"], null);

        var expected = SafetensorsReader.Load(Golden.Path("golden/hf/hf/model.safetensors"));
        SameWeights.Assert(expected, SafetensorsReader.Load(_folder["model/model.safetensors"]));
        Assert.Equal(config, ClipConfigJson.Load(_folder["model"]));
    }

    [Fact]
    public void A_background_comes_with_the_model()
    {
        var pictures = ClipImagePreprocessing.ForSize(8) with { Background = [1, 2, 3] };

        ModelFolderWriter.Write(new ModelFolderContents(Config, RandomModel.Weights(Config), pictures, null), _folder["model"]);

        Assert.Equal([1, 2, 3], ClipImagePreprocessing.Load(_folder["model/preprocessor_config.json"]).Background);
    }

    [Fact]
    public void Preprocessing_is_told_in_Hugging_Faces_words()
    {
        RandomModel.WriteFolder(Config, RandomModel.Weights(Config), _folder["model"], null);

        var json = JsonNode.Parse(File.ReadAllText(_folder["model/preprocessor_config.json"]))!;

        Assert.Equal("CLIPImageProcessor", (string?)json["image_processor_type"]);
        Assert.Equal(8, (int)json["size"]!["shortest_edge"]!);
        Assert.Equal(8, (int)json["crop_size"]!["height"]!);
        Assert.Equal(0.48145466, (double)json["image_mean"]![0]!);
        Assert.Equal(0.00392156862745098, (double)json["rescale_factor"]!, 1e-18);
        Assert.Equal(3, (int)json["resample"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_former_model_or_an_empty_folder_is_replaced(bool model)
    {
        Directory.CreateDirectory(_folder["model"]);
        if (model) File.WriteAllText(_folder["model/config.json"], "former");
        if (model) File.WriteAllText(_folder["model/vocab.json"], "former");

        RandomModel.WriteFolder(Config, RandomModel.Weights(Config), _folder["model"] + Path.DirectorySeparatorChar, null);

        Assert.Equal(Files, FilesIn("model"));
        Assert.Equal(["model"], _folder.Entries);
    }

    [Fact]
    public void Anything_else_is_not_replaced()
    {
        Directory.CreateDirectory(_folder["letters"]);
        File.WriteAllText(_folder["letters/dear.txt"], "you");
        Directory.CreateDirectory(_folder["project/onnx"]);
        Directory.CreateDirectory(_folder["project/src"]);
        File.WriteAllText(_folder["project/config.json"], "{}");
        File.WriteAllText(_folder["project/src/main.py"], "you");
        Directory.CreateDirectory(_folder["notes/onnx"]);
        File.WriteAllText(_folder["notes/config.json"], "{}");
        File.WriteAllText(_folder["notes/onnx/dear.txt"], "you");
        var weights = RandomModel.Weights(Config);

        // A config.json does not make a model's folder of all that lies beside it.
        Refused.With("project holds 'src'", () => RandomModel.WriteFolder(Config, weights, _folder["project"], null));
        Refused.With("notes holds 'dear.txt'", () => RandomModel.WriteFolder(Config, weights, _folder["notes"], null));
        Assert.Equal("you", File.ReadAllText(_folder["project/src/main.py"]));
        Refused.With("letters holds something that is no model", () => RandomModel.WriteFolder(Config, weights, _folder["letters"], null));
        Refused.With("dear.txt is a file", () => RandomModel.WriteFolder(Config, weights, _folder["letters/dear.txt"], null));

        Assert.Equal("you", File.ReadAllText(_folder["letters/dear.txt"]));
        Assert.Equal(["letters", "notes", "project"], _folder.Entries.Order());
    }

    [Fact]
    public void A_failure_leaves_the_former_model_and_nothing_else()
    {
        Directory.CreateDirectory(_folder["model"]);
        File.WriteAllText(_folder["model/config.json"], "former");
        var incomplete = RandomModel.Weights(Config);
        incomplete.Remove("visual.proj");

        Refused.With("'visual.proj' is missing", () => RandomModel.WriteFolder(Config, incomplete, _folder["model"], null));
        var complete = RandomModel.Weights(Config);
        Assert.Throws<IOException>(
            () => RandomModel.WriteFolder(Config, complete, _folder["new"], _ => throw new IOException("The disk is full.")));

        Assert.Equal(["config.json"], FilesIn("model"));
        Assert.Equal("former", File.ReadAllText(_folder["model/config.json"]));
        Assert.Equal(["model"], _folder.Entries);
    }

    private IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(_folder[folder], "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_folder[folder], f).Replace('\\', '/')).Order(StringComparer.Ordinal);
}
