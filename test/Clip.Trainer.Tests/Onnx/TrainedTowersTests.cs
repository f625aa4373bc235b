using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using Microsoft.ML.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Onnx;

/// <summary>What is trained is what is used: torch's modules and the graphs that are written of them compute the same.</summary>
public sealed class TrainedTowersTests : IDisposable
{
    private static readonly VisionConfig[] Towers =
    [
        new VisionTransformerConfig { ImageSize = 16, PatchSize = 8, Width = 16, Layers = 2, Heads = 4, MlpWidth = 20 },
        RandomResNet.Config.Vision,
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ObjectiveKind.Clip, 0, Activation.QuickGelu)]
    [InlineData(ObjectiveKind.Clip, 0, Activation.Gelu)]
    [InlineData(ObjectiveKind.Clip, 1, Activation.QuickGelu)]
    [InlineData(ObjectiveKind.SigLip, 0, Activation.QuickGelu)]
    [InlineData(ObjectiveKind.ConVirt, 0, Activation.QuickGelu)]
    [InlineData(ObjectiveKind.ConVirt, 1, Activation.Gelu)]
    public void AModelsFeaturesAreThoseOfItsGraphs(ObjectiveKind kind, int tower, Activation activation)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var noise = new Noise(7);
        var config = kind.Config(RandomResNet.Config with { Vision = Towers[tower], Activation = activation });
        var objective = (IContrastiveObjective)kind.Create(config);
        using var module = objective.Module;
        foreach (var (name, value) in module.state_dict())
        {
            if (value.ndim == 0) continue;
            // As in RandomResNet: variances and gains about one, and matrices that make up for what a ReLU takes away.
            var isGain = value.ndim == 1 && (name.EndsWith("weight", StringComparison.Ordinal)
                || name.EndsWith("running_var", StringComparison.Ordinal));
            var size = value.ndim < 2 ? 0.1 : Math.Sqrt(2.0 * value.shape[0] / value.numel());
            using Scalar spread = size, middle = isGain ? 1f : 0f, one = 1f;
            value.copy_(noise.Draw(value.shape).mul(spread).add(middle, one));
        }

        module.eval();
        ClipOnnxExporter.Export(config, TorchWeights.Of(module), _folder.Path);
        var pixels = tower == 0 ? noise.Draw(3, 3, 16, 16) : RandomResNet.Images(3);
        int[][] ids = [[30, 4, 31, 0, 0], [30, 1, 2, 3, 31], [30, 31, 0, 0, 0]];

        var image = OnnxFile.Run(_folder["vision_model.onnx"], ("pixel_values", Copy(pixels)))["image_embeds"];
        var text = OnnxFile.Run(_folder["text_model.onnx"], ("input_ids", OnnxFile.Ids(ids)))["text_embeds"];

        AssertSame(objective.EncodeImage(pixels), image);
        AssertSame(objective.EncodeText(tensor(ids.SelectMany(row => row).Select(id => (long)id).ToArray(), [3, 5])), text);
    }

    /// <summary>open_clip's switches of an image tower, and a ConvNeXt.</summary>
    [Theory]
    [InlineData("\"ls_init_value\": 0.5")]
    [InlineData("\"pool_type\": \"avg\"")]
    [InlineData("\"pool_type\": \"avg\", \"final_ln_after_pool\": true")]
    [InlineData("\"no_ln_pre\": true")]
    [InlineData("\"attentional_pool\": true, \"attn_pooler_heads\": 4, \"attn_pooler_queries\": 3")]
    [InlineData("convnext")]
    public void ATowersSwitchesAreThoseOfItsGraph(string switches)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var noise = new Noise(7);
        const string vit = """{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}""";
        const string convNext =
            """
            {"image_size": 32, "timm_model_name": "convnext_base", "timm_model_kwargs": {"depths": [2, 1], "dims": [8, 12]}}
            """;
        var config = ClipConfigJson.Parse(
            TinyRun.Config.Replace(vit, switches == "convnext" ? convNext : $"{{{switches}, {vit[1..]}", StringComparison.Ordinal), "test");
        using var model = new Clip.Trainer.Modeling.ClipModel(config);
        foreach (var parameter in model.parameters()) parameter.copy_(noise.Draw(parameter.shape) * 0.3f);
        model.eval();
        ModelFolderWriter.Write(
            new ModelFolderContents(config, TorchWeights.Of(model), ClipImagePreprocessing.ForSize(config.Vision.ImageSize), null),
            _folder["model"]);
        var pixels = noise.Draw(3, 3, config.Vision.ImageSize, config.Vision.ImageSize);

        var image = OnnxFile.Run(_folder["model/onnx/vision_model.onnx"], ("pixel_values", Copy(pixels))).Values.Single();

        AssertSame(new ClipObjective(model).EncodeImage(pixels), image);
    }

    private static WeightTensor Copy(Tensor values) => TorchWeights.Copy(values);

    /// <summary>Of unit length, by torch as by the graph.</summary>
    private static void AssertSame(Tensor features, WeightTensor embeds)
    {
        var graph = nn.functional.normalize(tensor(embeds.Data.ToArray(), embeds.Shape.ToArray()), dim: -1);
        Assert.Equal(features.shape, graph.shape);
        Assert.InRange((features - graph).abs().max().item<float>(), 0, 1e-4);
        // Else it would not matter which is which.
        Assert.True((features[0] - features[1]).abs().max().item<float>() > 1e-3);
        Assert.InRange((features.Squared().sum(1) - 1).abs().max().item<float>(), 0, 1e-4);
    }
}
