using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

public sealed class FineTuningTests : IDisposable
{
    private static readonly ClipConfig Vit = Config("""{"image_size": 16, "layers": 3, "width": 16, "head_width": 8, "patch_size": 8}""");
    private static readonly ClipConfig ResNet = Config("""{"image_size": 32, "layers": [1, 1, 1, 1], "width": 2, "head_width": 8}""");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "visual.proj")]
    [InlineData(2, "visual.proj visual.ln_post visual.transformer.resblocks.2")]
    [InlineData(3, "visual.proj visual.ln_post visual.transformer.resblocks.2 visual.transformer.resblocks.1")]
    public void UnlockedGroupsAreCountedFromTheTop(int unlocked, string trained)
    {
        using var model = new ClipModel(Vit);

        FineTuning.Apply(model, Vit, new FineTuningOptions { LockImage = true, LockImageUnlockedGroups = unlocked });

        var prefixes = trained.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (name, parameter) in model.named_parameters())
            Assert.Equal(!name.StartsWith("visual.", StringComparison.Ordinal) || prefixes.Any(name.StartsWith), parameter.requires_grad);
    }

    /// <summary>A locked tower is computed without a graph: a backward pass, which ends at its features, has nothing of it kept.</summary>
    [Fact]
    public void ALockedImageTowerKeepsNothingForGradients()
    {
        using var model = new ClipModel(Vit);
        using var scope = NewDisposeScope();
        var pixels = zeros(2, 3, 16, 16);
        Assert.True(model.EncodeImage(pixels).requires_grad);

        FineTuning.Apply(model, Vit, new FineTuningOptions { LockImage = true });

        Assert.False(model.EncodeImage(pixels).requires_grad);
    }

    [Fact]
    public void ALockedTextTowerLeavesTheRestToTrain()
    {
        using var model = new ClipModel(Vit);

        FineTuning.Apply(model, Vit, new FineTuningOptions { LockText = true, LockTextUnlockedLayers = 1 });

        var frozen = model.named_parameters().Where(p => !p.parameter.requires_grad).Select(p => p.name).ToArray();
        Assert.Contains("token_embedding.weight", frozen);
        Assert.DoesNotContain("text_projection", frozen);
        Assert.DoesNotContain("logit_scale", frozen);
        Assert.DoesNotContain(frozen, name => name.StartsWith("visual.", StringComparison.Ordinal));
    }

    [Fact]
    public void MoreUnlockedGroupsThanThereAreAreRefused()
    {
        using var model = new ClipModel(Vit);

        var error = Assert.Throws<ClipException>(() =>
            FineTuning.Apply(model, Vit, new FineTuningOptions { LockImage = true, LockImageUnlockedGroups = 6 }));

        Assert.Contains("`FineTuning.LockImageUnlockedGroups` 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALockedResNetKeepsItsStatistics()
    {
        using var model = new ClipModel(ResNet);
        FineTuning.Apply(model, ResNet, new FineTuningOptions { LockImage = true, LockImageUnlockedGroups = 2 });
        var before = TorchWeights.Of(model);

        model.train();
        using (NewDisposeScope()) model.EncodeImage(randn(4, 3, 32, 32));

        var moved = TorchWeights.Of(model)
            .Where(w => !w.Value.Data.Span.SequenceEqual(before[w.Key].Data.Span))
            .Select(w => w.Key)
            .ToArray();
        Assert.NotEmpty(moved);
        Assert.All(moved, name => Assert.StartsWith("visual.layer4.", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MergedUpdatesComputeTheSame(bool resNet)
    {
        var config = resNet ? ResNet : Vit;
        manual_seed(1);
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var adapted = new ClipModel(config);
        adapted.eval();
        var (pixels, ids) = Inputs(config);
        var before = adapted.Forward(pixels, ids);
        FineTuning.Apply(adapted, config, new FineTuningOptions { LoraRank = 2, LoraAlpha = 6 });
        var untouched = adapted.Forward(pixels, ids);
        Assert.InRange((untouched.ImageFeatures - before.ImageFeatures).abs().max().item<float>(), 0, 1e-6);
        foreach (var (_, b) in adapted.named_parameters().Where(p => p.name.EndsWith("lora_B", StringComparison.Ordinal)))
            b.normal_(0, 0.1);
        var (image, text, _) = adapted.Forward(pixels, ids);

        using var merged = new ClipModel(config);
        TorchWeights.Load(merged, LowRankMerge.Apply(TorchWeights.Of(adapted)), "test");
        merged.eval();
        var (mergedImage, mergedText, _) = merged.Forward(pixels, ids);

        Assert.InRange((image - before.ImageFeatures).abs().max().item<float>(), 1e-3, 2);
        Assert.InRange((text - before.TextFeatures).abs().max().item<float>(), 1e-3, 2);
        Assert.InRange((image - mergedImage).abs().max().item<float>(), 0, 1e-6);
        Assert.InRange((text - mergedText).abs().max().item<float>(), 0, 1e-6);
    }

    /// <summary>Hu et al. 2022, section 4.1: W·x + (α/r)·B·A·x.</summary>
    [Theory]
    [InlineData(1, 3.0, 3.0)]
    [InlineData(4, 6.0, 1.5)]
    [InlineData(2, 0.5, 0.25)]
    public void AnUpdateIsScaledByAlphaOverItsRank(int rank, double alpha, double scale)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var random = new Generator(1);
        using var update = new LowRankUpdate(inputs: 5, outputs: 7, rank, alpha);
        var state = update.state_dict();
        var (a, b) = (randn([rank, 5], generator: random), randn([7, rank], generator: random));
        Assert.Equal(0, state["lora_B"].abs().sum().item<float>()); // training starts at the frozen layer
        state["lora_A"].copy_(a);
        state["lora_B"].copy_(b);
        var (input, output) = (randn([3, 5], generator: random), randn([3, 7], generator: random));

        var whole = update.AddTo(output.clone(), input, 0, 7);
        var part = update.AddTo(output.narrow(1, 2, 3).clone(), input, 2, 3);

        var expected = output + input.matmul(a.t()).matmul(b.t()) * scale;
        Assert.InRange((whole - expected).abs().max().item<float>(), 0, 1e-5);
        Assert.InRange((part - expected.narrow(1, 2, 3)).abs().max().item<float>(), 0, 1e-5);
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(6.0, 1.5)]
    public void WithoutAnAlphaItIsTwiceTheRank(double? alpha, float scale)
    {
        using var model = new ClipModel(Vit);

        FineTuning.Apply(model, Vit, new FineTuningOptions { LoraRank = 4, LoraAlpha = alpha });

        var scales = TorchWeights.Of(model).Where(w => w.Key.EndsWith("_lora.scale", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2 * 3 * 4, scales.Length);
        Assert.All(scales, s => Assert.Equal(scale, s.Value.Data.Span[0]));
    }

    /// <summary>Of a lock that is not asked for nothing can be unlocked: all would be trained without a word.</summary>
    [Theory]
    [InlineData(2, 0, null, "`FineTuning.LockImageUnlockedGroups` does nothing without `FineTuning.LockImage`; give both or neither.")]
    [InlineData(0, 1, null, "`FineTuning.LockTextUnlockedLayers` does nothing without `FineTuning.LockText`; give both or neither.")]
    [InlineData(0, 0, 8.0, "`FineTuning.LoraAlpha` does nothing without `FineTuning.LoraRank`; give both or neither.")]
    public void WhatSaysMoreOfALockThatIsNotThereIsRefused(int groups, int layers, double? alpha, string message)
    {
        var options = new TrainingOptions
        {
            FineTuning = new FineTuningOptions
            {
                LockImageUnlockedGroups = groups,
                LockTextUnlockedLayers = layers,
                LoraAlpha = alpha,
                LoraRank = alpha is null ? 2 : 0,
            },
        };
        var whole = options with { FineTuning = options.FineTuning with { LockImage = true, LockText = true, LoraRank = 2 } };

        Assert.Equal(message, Assert.Throws<ClipException>(options.Validate).Message);
        whole.Validate();
    }

    [Fact]
    public void OnlyUpdatesAndTheTemperatureAreTrainedWithLora()
    {
        using var model = new ClipModel(Vit);
        FineTuning.Apply(model, Vit, new FineTuningOptions { LoraRank = 4 });
        using var scope = NewDisposeScope();
        var (pixels, ids) = Inputs(Vit);

        new ClipObjective(model).Loss(pixels, ids).backward();

        var trained = model.named_parameters().Where(p => p.parameter.grad is not null).Select(p => p.name).ToArray();
        // Two towers of three blocks, four matrices each, A and B.
        Assert.Equal(2 * 3 * 4 * 2, trained.Count(name => name.Contains("_lora.", StringComparison.Ordinal)));
        Assert.Equal(["logit_scale"], trained.Where(name => !name.Contains("_lora.", StringComparison.Ordinal)));
    }

    [Fact]
    public void ACheckpointOfARunIsALoraModelMerged()
    {
        using var adapted = new ClipModel(Vit);
        FineTuning.Apply(adapted, Vit, new FineTuningOptions { LoraRank = 2 });
        using (no_grad())
        {
            foreach (var (_, b) in adapted.named_parameters().Where(p => p.name.EndsWith("lora_B", StringComparison.Ordinal)))
                b.normal_(0, 0.1);
        }

        SafetensorsWriter.Write(
            _folder["step.safetensors"], TorchWeights.Of(adapted).Select(w => KeyValuePair.Create($"model.{w.Key}", w.Value)));
        using var model = new ClipModel(Vit);

        Assert.Empty(Pretrained.Load(model, model.Config, _folder["step.safetensors"]));

        SameWeights.Assert(LowRankMerge.Apply(TorchWeights.Of(adapted)), TorchWeights.Of(model));
    }

    [Fact]
    public void AnImageTowerIsTakenFromAModelThatPredictsWords()
    {
        using var words = new BagOfWordsModel(Vit);
        SafetensorsWriter.Write(
            _folder["words.safetensors"], TorchWeights.Of(words).Select(w => KeyValuePair.Create($"model.{w.Key}", w.Value)));
        using var model = new ClipModel(Vit);

        var fresh = Pretrained.Load(model, model.Config, _folder["words.safetensors"]);

        Assert.Contains("text_projection", fresh);
        Assert.DoesNotContain(fresh, name => name.StartsWith("visual.", StringComparison.Ordinal));
        Assert.Equal(TorchWeights.Of(words)["visual.proj"].Data.ToArray(), TorchWeights.Of(model)["visual.proj"].Data.ToArray());
    }

    [Fact]
    public void WeightsOfAnotherSizeAreRefused()
    {
        using var other = new ClipModel(Config("""{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}"""));
        SafetensorsWriter.Write(_folder["other.safetensors"], TorchWeights.Of(other));
        using var model = new ClipModel(Vit);

        var error = Assert.Throws<ClipException>(() => Pretrained.Load(model, model.Config, _folder["other.safetensors"]));

        Assert.Contains("no weight 'visual.transformer.resblocks.2.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"quick_gelu\": true", "vision activation QuickGelu")]
    [InlineData("\"vision_cfg\": {\"head_width\": 16}", "vision heads 1")]
    [InlineData("\"text_cfg\": {\"heads\": 4}", "text heads 4")]
    [InlineData("\"text_cfg\": {\"pool_type\": \"first\"}", "text pooling First")]
    public void WeightsOfAModelThatComputesOtherwiseAreRefused(string other, string named)
    {
        Directory.CreateDirectory(_folder["theirs"]);
        using var model = new ClipModel(Vit);
        SafetensorsWriter.Write(_folder["theirs/open_clip_model.safetensors"], TorchWeights.Of(model));
        var config = JsonNode.Parse(Text("""{"image_size": 16, "layers": 3, "width": 16, "head_width": 8, "patch_size": 8}"""))!.AsObject();
        foreach (var (key, value) in JsonNode.Parse($"{{{other}}}")!.AsObject())
        {
            if (value is JsonObject section)
            {
                foreach (var (name, changed) in section) config[key]![name] = changed?.DeepClone();
            }
            else config[key] = value?.DeepClone();
        }

        File.WriteAllText(_folder["theirs/open_clip_config.json"], $$"""{"model_cfg": {{config}}}""");

        var error = Assert.Throws<ClipException>(() => Pretrained.Load(model, model.Config, _folder["theirs"]));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("open_clip_config.json", error.Message, StringComparison.Ordinal);
        // An image tower alone is taken whatever the texts were read by.
        using var words = new BagOfWordsModel(Vit with { TextSide = TextSide.Words });
        if (named.StartsWith("text", StringComparison.Ordinal)) Assert.NotEmpty(Pretrained.Load(words, words.Config, _folder["theirs"]));
    }

    [Fact]
    public void WeightsOfTheSameModelAreTakenWithItsConfigBeside()
    {
        using var model = new ClipModel(Vit);
        SafetensorsWriter.Write(_folder["model.safetensors"], TorchWeights.Of(model));
        File.WriteAllText(_folder["config.json"], ClipConfigJson.ToHuggingFace(Vit));

        Assert.Empty(Pretrained.Load(model, model.Config, _folder.Path));
    }

    private static ClipConfig Config(string vision) => ClipConfigJson.Parse(Text(vision), "test");

    private static string Text(string vision) =>
        $$"""{"embed_dim": 8, "vision_cfg": {{vision}}"""
        + """, "text_cfg": {"context_length": 6, "vocab_size": 12, "width": 16, "heads": 2, "layers": 3} }""";

    private static (Tensor Pixels, Tensor Ids) Inputs(ClipConfig config) => (
        randn(4, 3, config.Vision.ImageSize, config.Vision.ImageSize),
        tensor(new long[,] { { 10, 1, 11, 0 }, { 10, 2, 11, 0 }, { 10, 3, 4, 11 }, { 10, 5, 11, 0 } }));
}
