using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Training;

/// <summary>Towers whose forward pass draws random numbers: patches left out (FLIP), branches left out (ConvNeXt).</summary>
public sealed class RandomForwardTests : IDisposable
{
    private const string Dropout = "\"patch_dropout\": 0.5, \"pool_type\": \"avg\", \"ls_init_value\": 0.1, ";

    private const string ConvNext =
        """
        {"embed_dim": 16, "vision_cfg": {"image_size": 32, "timm_model_name": "convnext_base", "timm_drop_path": 0.5,
          "timm_model_kwargs": {"depths": [2, 1], "dims": [8, 12]}},
         "text_cfg": {"context_length": 12, "vocab_size": 520, "width": 16, "heads": 2, "layers": 2}}
        """;

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    public static TheoryData<string> Models => ["ViT", "ConvNeXt"];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task An_interrupted_run_that_is_resumed_equals_an_uninterrupted_one_bit_for_bit(string model)
    {
        Write(model);
        var whole = await WeightsAfterAsync("whole");

        using var stop = new CancellationTokenSource();
        using (var first = _run.Trainer(out var module, _run.Folder["parts"], step => { if (step.Step == 5) stop.Cancel(); }))
        using (module)
            Assert.False(await first.RunAsync(stop.Token));
        var parts = await WeightsAfterAsync("parts", new CheckpointFolder(_run.Folder["parts"], keep: 2).Latest()!);

        Assert.All(whole, w => Assert.Equal(w.Value.Data.ToArray(), parts[w.Key].Data.ToArray()));
    }

    /// <summary>A part of a batch that is encoded twice, once for the loss and once for the gradients, is the same both times.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Parts_and_checkpointed_blocks_have_the_gradients_of_the_same_draws(string model)
    {
        Write(model);
        var config = ClipConfigJson.Load(_run.ConfigFile).WithVocabulary(520);
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var module = new ClipModel(config);
        using (no_grad())
        {
            // Branches that start at 1e-6 would hide what is drawn.
            foreach (var (_, gamma) in module.named_parameters().Where(p => p.name.EndsWith("gamma", StringComparison.Ordinal)))
                gamma.fill_(0.5);
        }

        var objective = new ClipObjective(module);
        var pixels = randn(4, 3, config.Vision.ImageSize, config.Vision.ImageSize);
        var ids = tensor(Enumerable.Range(0, 4).SelectMany(i => new long[] { 518, i + 1, 519, 0 }).ToArray(), [4, 4]);
        List<(Tensor, Tensor)> parts = [(pixels.narrow(0, 0, 2), ids.narrow(0, 0, 2)), (pixels.narrow(0, 2, 2), ids.narrow(0, 2, 2))];

        using var noise = StepNoise.Use(7, 3, 0);
        var features = parts.Select((part, i) =>
        {
            using var own = StepNoise.Part(i);
            return objective.Encode(part.Item1, part.Item2);
        }).ToArray();
        objective.LossOf(cat([.. features.Select(f => f.Image)]), cat([.. features.Select(f => f.Text)])).backward();
        var expected = Gradients(module);
        module.zero_grad();
        using (GradCheckpointing.Use()) GradientCache.Backward(objective, parts, loss => loss);

        foreach (var (name, gradient) in Gradients(module))
            Assert.True(GoldenDifference(expected[name], gradient) < 1e-5, $"{name}: {GoldenDifference(expected[name], gradient)}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Only_training_draws(string model)
    {
        Write(model);
        using var tower = ImageTower.Create(ClipConfigJson.Load(_run.ConfigFile));
        using var scope = NewDisposeScope();
        using (no_grad())
        {
            foreach (var (_, gamma) in tower.named_parameters().Where(p => p.name.EndsWith("gamma", StringComparison.Ordinal)))
                gamma.fill_(0.5);
        }

        var pixels = randn(3, 3, 32, 32)[.., .., ..(model == "ViT" ? 16 : 32), ..(model == "ViT" ? 16 : 32)].contiguous();

        Tensor Encode(long step)
        {
            using var noise = StepNoise.Use(step);
            return tower.forward(pixels);
        }

        tower.train();
        Assert.True(Encode(1).equal(Encode(1)).all().item<bool>());
        Assert.False(Encode(1).equal(Encode(2)).all().item<bool>());
        tower.eval();
        Assert.True(Encode(1).equal(Encode(2)).all().item<bool>());
    }

    [Fact]
    public void Draws_are_uniform()
    {
        using var noise = StepNoise.Use(1, 2);
        using var scope = NewDisposeScope();

        var values = StepNoise.Uniform(CPU, 100, 100);

        Assert.InRange(values.mean().item<float>(), 0.48, 0.52);
        Assert.InRange(values.min().item<float>(), 0, 0.01);
        Assert.InRange(values.max().item<float>(), 0.99, 0.99999999);
    }

    private void Write(string model) => File.WriteAllText(
        _run.ConfigFile,
        model == "ViT" ? TinyRun.Config.Replace("\"vision_cfg\": {", "\"vision_cfg\": {" + Dropout, StringComparison.Ordinal) : ConvNext);

    private async Task<Dictionary<string, WeightTensor>> WeightsAfterAsync(string folder, string? resume = null)
    {
        using var trainer = _run.Trainer(out var model, _run.Folder[folder]);
        using var unused = model;
        if (resume is not null) trainer.Resume(resume);
        Assert.True(await trainer.RunAsync(CancellationToken.None));
        return TorchWeights.Of(model);
    }

    private static Dictionary<string, float[]> Gradients(nn.Module module) => module.named_parameters()
        .Where(p => p.parameter.grad is not null)
        .ToDictionary(p => p.name, p => p.parameter.grad!.to_dense().cpu().data<float>().ToArray());

    private static float GoldenDifference(float[] expected, float[] actual) =>
        expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max() / MathF.Max(1e-6f, expected.Max(MathF.Abs));
}
