using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>A tiny model of the original implementation's with what it computed; see the golden data's README.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly string _folder;

    public GoldenModel(string name)
    {
        _folder = Golden.Path($"golden/{name}");
        Model = new ClipModel(Config(name));
        TorchWeights.Load(Model, Weights(name), name);
    }

    public static TheoryData<string> Names => Golden.IsPresent ? ["vit", "rn", "dev_vit", "dev_hfcustom", "dev_rn"] : ["vit", "rn"];

    /// <summary>The sizes of a golden model: Hugging Face's where it has them, else those of the manifest.</summary>
    public static ClipConfig Config(string name)
    {
        var folder = Golden.Path($"golden/{name}");
        if (Directory.Exists(Path.Combine(folder, "hf"))) return ClipConfigJson.Load(Path.Combine(folder, "hf"));
        var config = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(folder, "manifest.json")))!["config"]!;
        var patch = config["vision_patch_size"] is { } size ? $"\"patch_size\": {size}," : "";
        return ClipConfigJson.Parse(
            $$"""
            {"embed_dim": {{config["embed_dim"]}}, "quick_gelu": true,
             "vision_cfg": {"image_size": {{config["image_resolution"]}}, "layers": {{config["vision_layers"]!.ToJsonString()}}, {{patch}}
                            "width": {{config["vision_width"]}} },
             "text_cfg": {"context_length": {{config["context_length"]}}, "vocab_size": {{config["vocab_size"]}},
                          "width": {{config["transformer_width"]}}, "heads": {{config["transformer_heads"]}},
                          "layers": {{config["transformer_layers"]}} } }
            """,
            name);
    }

    /// <summary>Its weights under OpenAI's names.</summary>
    public static Dictionary<string, WeightTensor> Weights(string name)
    {
        var folder = Golden.Path($"golden/{name}");
        var file = Path.Combine(folder, "model.safetensors");
        return CheckpointFile.Load(System.IO.File.Exists(file) ? file : Path.Combine(folder, "hf"));
    }

    public ClipModel Model { get; }

    public Dictionary<string, WeightTensor> File(string file) => SafetensorsReader.Load(Path.Combine(_folder, file));

    public void Dispose() => Model.Dispose();

    public static Tensor Floats(WeightTensor value) => tensor(value.Data.ToArray(), [.. value.Shape]);

    public static Tensor Ids(WeightTensor value)
    {
        using var floats = Floats(value);
        return floats.to_type(ScalarType.Int64);
    }

    public static double Difference(Tensor actual, WeightTensor expected)
    {
        using var scope = NewDisposeScope();
        var (flat, values) = (actual.detach().flatten(), Floats(expected).flatten());
        return (flat.slice(0, 0, values.shape[0], 1) - values).abs().max().item<float>(); // a carried set holds the first numbers of each
    }

    /// <summary>The largest difference, relative to the tensor's largest value.</summary>
    public static double RelativeDifference(Tensor actual, WeightTensor expected)
    {
        var largest = expected.Data.ToArray().Max(Math.Abs);
        return Difference(actual, expected) / largest;
    }
}
