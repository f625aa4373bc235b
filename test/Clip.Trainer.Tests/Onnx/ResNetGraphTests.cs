using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Trainer.Modeling;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Onnx;

public sealed class ResNetGraphTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_graph_gives_the_modules_features()
    {
        using var scope = NewDisposeScope();
        using var model = RandomResNet.Create();
        ClipOnnxExporter.Export(model.Config, TorchWeights.Of(model), _folder.Path);
        model.eval();
        var images = RandomResNet.Images(3);
        var expected = TorchWeights.Copy(model.EncodeImage(images));

        var features = OnnxFile.Run(_folder["vision_model.onnx"], ("pixel_values", TorchWeights.Copy(images)))["image_embeds"];

        Assert.InRange(OnnxFile.MaxError(expected, features), 0, 1e-5f);
        Assert.True(OnnxFile.MaxError(OnnxFile.Items(features, 0, 1), OnnxFile.Items(features, 1, 2)) > 0.01f);
    }

    [Fact]
    public void No_batch_norm_is_left_in_the_file()
    {
        using var model = RandomResNet.Create();
        ClipOnnxExporter.Export(model.Config, TorchWeights.Of(model), _folder.Path);

        var graph = Clip.Conversion.Onnx.Format.ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder["vision_model.onnx"])).Graph;

        Assert.DoesNotContain(graph.Node, n => n.OpType == "BatchNormalization");
        // Three in the stem, three in each of six blocks, and one for each of four shortcuts that change shape.
        Assert.Equal(3 + 6 * 3 + 4, graph.Node.Count(n => n.OpType == "Conv"));
    }

    [Fact]
    public void A_model_folder_keeps_OpenAIs_names_and_loads_again()
    {
        using var model = RandomResNet.Create();
        var weights = TorchWeights.Of(model);

        RandomModel.WriteFolder(model.Config, weights, _folder["model"], tokenizer: null);

        Assert.Equal(model.Config, ClipConfigJson.Load(_folder["model"]));
        SameWeights.Assert(weights, CheckpointFile.Load(_folder["model"]));
    }

    [Theory]
    [InlineData("visual.layer1.0.bn2.running_var", 4)]
    [InlineData("visual.attnpool.c_proj.bias", 6)]
    public void Weights_that_are_missing_are_named(string name, int size)
    {
        using var model = RandomResNet.Create();
        var weights = TorchWeights.Of(model);
        weights.Remove(name);

        var message = $"The weight '{name}' is missing; this config needs it with shape [{size}].";
        Refused.With(message, () => ClipOnnxExporter.Export(model.Config, weights, _folder["onnx"]));
    }

    [Fact]
    public void The_count_of_batches_may_be_missing()
    {
        using var model = RandomResNet.Create();
        var weights = TorchWeights.Of(model).Where(w => !w.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToDictionary();

        ClipOnnxExporter.Export(model.Config, weights, _folder.Path);

        Assert.True(File.Exists(_folder["vision_model.onnx"]));
    }
}
