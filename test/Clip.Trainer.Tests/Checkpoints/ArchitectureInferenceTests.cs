using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Tests.Modeling;

namespace Clip.Trainer.Tests.Checkpoints;

public sealed class ArchitectureInferenceTests
{
    private static readonly ArchitectureHints Quick = new(Activation.QuickGelu);

    [Fact]
    public void A_vision_transformers_sizes_are_those_of_its_config()
    {
        var config = GoldenModel.Config("vit");

        var inferred = ArchitectureInference.Infer(CheckpointFile.Load(Golden.Path("golden/vit/torchscript.pt")), Quick, "vit");

        var text = config.Text with { BosTokenId = 38, EosTokenId = 39 };
        Assert.Equal(config with { Text = text, LogitScaleInit = inferred.LogitScaleInit }, inferred);
    }

    [Fact]
    public void A_ResNets_sizes_are_those_of_its_manifest()
    {
        var hints = Quick with { TextHeads = 2 };

        var inferred = ArchitectureInference.Infer(CheckpointFile.Load(Golden.Path("golden/rn/openclip.pt")), hints, "rn");

        Assert.Equal(new ResNetConfig { ImageSize = 64, Blocks = [1, 2, 1, 1], Width = 2, Heads = 1 }, inferred.Vision);
        Assert.Equal(
            new TextConfig { ContextLength = 8, VocabSize = 40, Width = 32, Heads = 2, Layers = 1, MlpWidth = 128 },
            inferred.Text with { BosTokenId = 49406, EosTokenId = 49407 });
        Assert.Equal((38, 39), (inferred.Text.BosTokenId, inferred.Text.EosTokenId));
        Assert.Equal(24, inferred.EmbedDim);
    }

    [Fact]
    public void Heads_that_do_not_follow_from_the_width_are_asked_for()
    {
        var weights = CheckpointFile.Load(Golden.Path("golden/hf/hf"));
        var config = ClipConfigJson.Load(Golden.Path("golden/hf/hf"));

        Refused.With("vision tower's width 48 is no multiple of 64", () => Infer(null, 4));
        Refused.With("give `TextHeads` or `Config`", () => Infer(3, null));
        var inferred = Infer(3, 4);
        Assert.Equal(config with { LogitScaleInit = inferred.LogitScaleInit }, inferred);

        ClipConfig Infer(int? vision, int? text) => ArchitectureInference.Infer(weights, new(Activation.Gelu, vision, text), "x.pt");
    }

    [Theory]
    [InlineData("ViT-B-32")]
    [InlineData("ViT-L-14-336")]
    [InlineData("RN50")]
    [InlineData("RN50x64")]
    public void Every_architecture_is_recognised_by_the_shapes_of_its_weights(string name)
    {
        var config = ClipConfigJson.Load(name) with { Activation = Activation.QuickGelu };
        var weights = ParameterLayout.Of(config).ToDictionary(s => s.Name, s => new WeightTensor(s.Shape, ReadOnlyMemory<float>.Empty));

        Assert.Equal(config, ArchitectureInference.Infer(weights, Quick, name));
    }

    [Theory]
    [InlineData("ln_final.weight", null, "x.pt has no tensor 'ln_final.weight'")]
    [InlineData("token_embedding.weight", new long[] { 32 }, "'token_embedding.weight' has shape [32]")]
    [InlineData("visual.positional_embedding", new long[] { 6, 16 }, "has 5 places, which are no square")]
    [InlineData("visual.positional_embedding", new long[] { 1, 16 }, "has 0 places, which are no square")]
    [InlineData("visual.conv1.weight", new long[] { 16, 3, 0, 4 }, "'visual.conv1.weight' has shape [16, 3, 0, 4]")]
    [InlineData("visual.conv1.weight", new long[] { 16, 3, 1L << 40, 4 }, "unlike in any CLIP model")]
    public void A_tensor_that_is_missing_or_misshapen_is_named(string name, long[]? shape, string message)
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        if (shape is null) weights.Remove(name);
        else weights[name] = new WeightTensor(shape, ReadOnlyMemory<float>.Empty);

        Refused.With(message, () => ArchitectureInference.Infer(weights, new(Activation.Gelu, 2, 3), "x.pt"));
    }
}
