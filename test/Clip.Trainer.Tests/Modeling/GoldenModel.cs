using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Testing;
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
        TorchWeights.Load(Model, SafetensorsReader.Load(Path.Combine(_folder, "model.safetensors")), name);
    }

    public static TheoryData<string> Names => ["dev_vit", "dev_hfcustom", "dev_rn"];

    /// <summary>The sizes of a golden model; those of the ResNet, which Hugging Face has no config.json for, from the manifest.</summary>
    public static ClipConfig Config(string name)
    {
        if (name != "dev_rn") return ClipConfigJson.Load(Golden.Path($"golden/{name}/hf"));
        var config = JsonNode.Parse(System.IO.File.ReadAllText(Golden.Path($"golden/{name}/manifest.json")))!["config"]!;
        return ClipConfigJson.Parse(
            $$"""
            {"embed_dim": {{config["embed_dim"]}}, "quick_gelu": true,
             "vision_cfg": {"image_size": {{config["image_resolution"]}}, "layers": {{config["vision_layers"]}},
                            "width": {{config["vision_width"]}} },
             "text_cfg": {"context_length": {{config["context_length"]}}, "vocab_size": {{config["vocab_size"]}},
                          "width": {{config["transformer_width"]}}, "heads": {{config["transformer_heads"]}},
                          "layers": {{config["transformer_layers"]}} } }
            """,
            name);
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
        return (actual.detach() - Floats(expected)).abs().max().item<float>();
    }

    /// <summary>The largest difference, relative to the tensor's largest value.</summary>
    public static double RelativeDifference(Tensor actual, WeightTensor expected)
    {
        var largest = expected.Data.ToArray().Max(Math.Abs);
        return Difference(actual, expected) / largest;
    }
}
