using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

public sealed class LayerDecayTests
{
    [Theory]
    [InlineData("visual.proj", 1)]
    [InlineData("visual.ln_post.bias", 1)]
    [InlineData("visual.transformer.resblocks.1.ln_1.weight", 0.5)]
    [InlineData("visual.transformer.resblocks.0.ln_1.weight", 0.25)]
    [InlineData("visual.conv1.weight", 0.125)]
    [InlineData("text_projection", 1)]
    [InlineData("transformer.resblocks.2.ln_1.weight", 0.5)]
    [InlineData("token_embedding.weight", 0.0625)]
    [InlineData("logit_scale", 1)]
    [InlineData("visual.transformer.resblocks.0.attn.in_proj_lora.lora_A", 0.25)]
    [InlineData("visual.transformer.resblocks.0.attn.out_proj_lora.lora_B", 0.25)]
    public void EachLayerLearnsAtAShareOfTheRateAbove(string name, double factor)
    {
        Assert.Equal(factor, LayerDecay.Factors(Layout(new VisionTransformerConfig { Layers = 2 }), [name], 0.5)[name], 12);
    }

    [Theory]
    [InlineData("visual.attnpool.c_proj.weight", 1)]
    [InlineData("visual.layer4.0.conv1.weight", 0.5)]
    [InlineData("visual.layer1.0.conv1.weight", 0.0625)]
    [InlineData("visual.conv1.weight", 0.03125)]
    public void AResNetsLayersAreItsStages(string name, double factor)
    {
        Assert.Equal(factor, LayerDecay.Factors(Layout(new ResNetConfig()), [name], 0.5)[name], 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.1)]
    public void AShareThatIsNoneIsRefused(double decay) =>
        Assert.Throws<ClipException>(() => LayerDecay.Factors(Layout(new ResNetConfig()), ["w"], decay));

    [Fact]
    public void WhatIsNotGivenOfAdamWIsTheFamilys()
    {
        using var resnet = Modeling.RandomResNet.Create();
        using var vit = new TextTransformer(Modeling.RandomResNet.Config);

        Assert.Equal(new AdamWOptions(0.9, 0.999, 1e-8, 0.1), new AdamWOptions(WeightDecay: 0.1).For(resnet));
        Assert.Equal(new AdamWOptions(0.9, 0.98, 1e-6, 0.2), new AdamWOptions().For(vit));
        Assert.Equal(new AdamWOptions(0.8, 0.95, 1e-3, 0.2), new AdamWOptions(0.8, 0.95, 1e-3).For(resnet));
    }

    private static ParameterLayout Layout(VisionConfig vision) =>
        ParameterLayout.Of(new ClipConfig { Vision = vision, Text = new TextConfig { Layers = 3 } });
}
