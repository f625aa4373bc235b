using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Zoo;
using Clip.Trainer.Modeling;
using Clip.Trainer.Modeling.Graphs;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static Clip.Testing.OnnxFile;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling.Graphs;

/// <summary>Zoo models in torch: what they compute is what their ONNX files do, and they learn.</summary>
public sealed class GraphModelTests : IDisposable
{
    private const int Items = 4;

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Families { get; } = [.. TinyZoo.Configs.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Features_are_those_of_the_exported_files(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family, out var weights);
        ZooExporter.Export(TinyZoo.Model(family), weights, _folder["onnx"], [OnnxPrecision.Fp32]);
        var (pixels, ids) = (Pixels(family), Ids(family));

        using var unused = no_grad();
        var (image, text) = (model.EncodeImage(pixels), model.EncodeText(ids));

        using var vision = new InferenceSession(_folder["onnx/vision_model.onnx"]);
        Agree(Run(vision, ("pixel_values", TorchWeights.Copy(pixels)))["image_embeds"], image);
        using var reading = new InferenceSession(_folder["onnx/text_model.onnx"]);
        var (shown, mask) = HiddenPadding.Split(ids);
        (string, WeightTensor)[] inputs = reading.InputMetadata.ContainsKey("attention_mask")
            ? [("input_ids", TorchWeights.Copy(shown)), ("attention_mask", TorchWeights.Copy(mask))]
            : [("input_ids", TorchWeights.Copy(shown))];
        Agree(Run(reading, inputs)["text_embeds"], text);
    }

    [Fact]
    public void A_SigLIP_has_the_features_of_its_exported_files_and_learns()
    {
        using var scope = NewDisposeScope();
        var config = ClipConfigJson.Parse(TinySiglip.Config.ToJsonString(), "tiny") with { LogitBiasInit = -10 };
        SafetensorsWriter.Write(_folder["model.safetensors"], TinySiglip.Weights());
        using var model = GraphModel.Of(config);
        Assert.Empty(Pretrained.Load(model, config, _folder["model.safetensors"]));
        ClipOnnxExporter.Export(config, CheckpointFile.Load(_folder["model.safetensors"]), _folder["onnx"]);
        var pixels = rand([Items, 3, TinySiglip.Image, TinySiglip.Image], generator: new Generator(3));
        var ids = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1, 2, 1, 1, 1, 5, 1, 1, 1], [Items, TinySiglip.Context], ScalarType.Int64);
        var (image, text) = (model.EncodeImage(pixels).detach(), model.EncodeText(ids).detach());
        using var step = new TrainingStep(new SigLipObjective(model), new TrainingOptions());
        var losses = Enumerable.Range(0, 20).Select(_ => step.Take(pixels, ids, 1e-2).Loss).ToList();

        Agree(Run(_folder["onnx/vision_model.onnx"], ("pixel_values", TorchWeights.Copy(pixels))).Values.Single(), image);
        Agree(Run(_folder["onnx/text_model.onnx"], ("input_ids", TorchWeights.Copy(ids))).Values.Single(), text);
        // It reads from large random weights, so it starts far away.
        Assert.True(losses[^1] < 0.96f * losses[0], $"The loss went from {losses[0]} to {losses[^1]}.");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_few_steps_lower_the_loss_and_leave_no_tensor_behind(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family, out _);
        var (pixels, ids) = (Pixels(family), Ids(family));
        var before = Names(model);
        using var step = new TrainingStep(
            model.LogitBias is null ? new ClipObjective(model) : new SigLipObjective(model), new TrainingOptions());
        var losses = Enumerable.Range(0, 6).Select(_ => step.Take(pixels, ids, 2e-3).Loss).ToList();
        var tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        losses.AddRange(Enumerable.Range(0, 14).Select(_ => step.Take(pixels, ids, 2e-3).Loss));

        Assert.Equal(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(losses[^1] < 0.8f * losses[0], $"The loss went from {losses[0]} to {losses[^1]}.");
        Assert.Equal(before, Names(model));
    }

    /// <summary>At bfloat16 products round to 8 bits; the features stay what they are.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void At_bfloat16_features_and_gradients_are_nearly_the_same(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family, out _);
        var (pixels, ids) = (Pixels(family), Ids(family));
        var (image, text, _) = model.Forward(pixels, ids);

        using var precision = Autocast.Use(TrainingPrecision.Bf16);
        var (shortImage, shortText, _) = model.Forward(pixels, ids);
        (shortImage * shortText).sum().backward();

        Assert.All(new[] { (image * shortImage).sum(1), (text * shortText).sum(1) }, cosines =>
            Assert.InRange(cosines.min().item<float>(), 0.99f, 1.001f));
        Assert.All(model.parameters().Select(p => p.grad).OfType<Tensor>(), gradient => Assert.True(
            (gradient.is_sparse ? gradient.to_dense() : gradient).isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData("eva02", "text.token_embedding.weight")]
    [InlineData("roberta", "text.transformer.embeddings.word_embeddings.weight")]
    [InlineData("mt5", "text.transformer.embed_tokens.weight")]
    public void The_gradient_of_a_vocabulary_has_the_rows_that_were_read(string family, string table)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family, out _);

        model.EncodeText(Ids(family)).sum().backward();

        Assert.True(model.get_parameter(table)!.grad!.is_sparse);
    }

    [Fact]
    public void What_a_batch_norm_has_counted_is_used_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var model = Model("mobileclip", out var weights);
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions());
        model.train();

        step.Take(Pixels("mobileclip"), Ids("mobileclip"), 1e-2);

        var statistics = model.named_buffers().ToList();
        Assert.NotEmpty(statistics);
        Assert.All(statistics, s => Assert.Equal(weights[s.name].Data.ToArray(), TorchWeights.Copy(s.buffer).Data.ToArray()));
    }

    [Fact]
    public void An_update_of_lora_is_merged_to_the_same_features()
    {
        using var scope = NewDisposeScope();
        using var model = Model("eva02", out _);
        var (pixels, ids) = (Pixels("eva02"), Ids("eva02"));
        model.AddLowRank(2, 4);
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions());
        for (var i = 0; i < 3; i++) step.Take(pixels, ids, 1e-2);
        using var merged = GraphModel.Of(TinyZoo.Model("eva02"));
        TorchWeights.Load(merged, ModelStart.Export(model), "the merged weights");

        var (expected, actual) = (model.EncodeImage(pixels), merged.EncodeImage(pixels));

        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-5f);
    }

    /// <summary>Embeddings, blocks, and what comes behind; a norm that comes first there is locked with the last block.</summary>
    [Theory]
    [InlineData("eva02", 4, "visual.trunk.pos_embed", "visual.trunk.blocks.1.mlp.fc2.weight", "visual.trunk.norm.weight",
        "visual.trunk.head.weight")]
    [InlineData("convnext", 7, "visual.trunk.stem.0.weight", "visual.trunk.stages.3.blocks.0.gamma", "visual.trunk.head.norm.bias",
        "visual.head.mlp.fc1.weight")]
    [InlineData("mobileclip", 6, "visual.trunk.stem.0.conv_kxk.0.conv.weight", "visual.trunk.stages.3.blocks.0.layer_scale_2.gamma", null,
        "visual.trunk.head.fc.weight")]
    [InlineData("swin", 6, "visual.trunk.patch_embed.proj.weight", "visual.trunk.layers.1.blocks.1.norm2.weight",
        "visual.trunk.norm.weight", "visual.head.proj.weight")]
    [InlineData("relpos", 4, "visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.1.attn.rel_pos.mlp.fc1.weight",
        "visual.trunk.norm.weight", "visual.head.proj.weight")]
    public void Groups_that_are_locked_together_go_from_the_pixels_up(
        string family, int count, string lowest, string block, string? norm, string top)
    {
        var groups = ParameterLayout.Of(TinyZoo.Model(family).Layout()).LockGroups(Tower.Image);

        Assert.Equal((count, 0, count - 2, count - 1), (groups.Count, Group(lowest), Group(block), Group(top)));
        if (norm is not null) Assert.Equal(count - 2, Group(norm));

        int Group(string name) => groups.ToList().FindIndex(group => group.Any(p => p.Name == name));
    }

    /// <summary>A module that goes to another device or type has other parameters, as has one whose optimizer lays them together.</summary>
    [Fact]
    public void Parameters_that_were_put_in_the_place_of_others_are_taken_up()
    {
        using var scope = NewDisposeScope();
        using var model = Model("mobileclip", out _);
        var (pixels, ids) = (Pixels("mobileclip"), Ids("mobileclip"));
        var expected = model.EncodeImage(pixels).detach();

        model.to(ScalarType.Float64);
        model.to(ScalarType.Float32);

        Assert.Equal(TorchWeights.Copy(expected).Data.ToArray(), TorchWeights.Copy(model.EncodeImage(pixels)).Data.ToArray());
        model.EncodeText(ids).sum().backward();
        Assert.Contains(model.parameters(), p => p.grad is not null);
    }

    [Fact]
    public void What_torch_is_not_told_to_compute_is_refused_by_name()
    {
        var graph = new GraphBuilder("test");
        var value = graph.Op("Hardmax", [graph.Input("x", TensorProto.Types.DataType.Float, 1)]);

        Refused.With("is a Hardmax, which is not trained here", () => new GraphPlan(graph, value).Dispose());
    }

    private static GraphModel Model(string family, out Dictionary<string, WeightTensor> weights)
    {
        var model = GraphModel.Of(TinyZoo.Model(family));
        TorchWeights.Load(model, weights = TinyZoo.Weights(TinyZoo.Model(family)), family);
        return model;
    }

    private static Tensor Pixels(string family) =>
        rand([Items, 3, TinyZoo.Model(family).Image!.ImageSize, TinyZoo.Model(family).Image!.ImageSize], generator: new Generator(3));

    /// <summary>Texts of several lengths, ended by the vocabulary's last and filled up as <c>TrainingRows</c> does.</summary>
    private static Tensor Ids(string family)
    {
        var (text, random) = (TinyZoo.Model(family).Text!, new Random(4));
        const int length = 12;
        var ids = new long[Items * length];
        for (var item = 0; item < Items; item++)
        {
            for (var i = 0; i < length; i++)
            {
                ids[item * length + i] = i < length - 2 * item - 1 ? random.Next(5, 90)
                    : i == length - 2 * item - 1 ? text.VocabSize - 1 : text.TakesMask ? ~text.PaddingId : text.PaddingId;
            }
        }

        return tensor(ids, [Items, length]);
    }

    private static List<string> Names(GraphModel model) => [.. model.state_dict().Keys];

    private static void Agree(WeightTensor expected, Tensor actual)
    {
        var wanted = tensor(expected.Data.ToArray(), [.. expected.Shape]);
        var (error, size) = ((actual - wanted).abs().max().item<float>(), wanted.abs().max().item<float>());
        Assert.InRange(error, 0, 2e-5f * Math.Max(1, size));
    }
}
