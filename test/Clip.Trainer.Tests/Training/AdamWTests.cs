using Clip.Trainer.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Clip.Trainer.Training.AdamW;

namespace Clip.Trainer.Tests.Training;

public class AdamWTests
{
    [Theory]
    [InlineData("visual.conv1.weight", 4, true)]
    [InlineData("positional_embedding", 2, true)]
    [InlineData("transformer.resblocks.0.attn.in_proj_weight", 2, true)]
    [InlineData("transformer.resblocks.0.attn.in_proj_bias", 1, false)]
    [InlineData("visual.ln_post.weight", 1, false)]
    [InlineData("visual.class_embedding", 1, false)]
    [InlineData("logit_scale", 0, false)]
    public void OnlyMatricesDecay(string name, int dimensions, bool decays)
    {
        using var value = ones([.. Enumerable.Repeat(1L, dimensions)]);

        Assert.Equal(decays, AdamW.Decays(name, value));
    }

    [Fact]
    public void TheFirstStepMovesByTheLearningRateAgainstTheGradient()
    {
        using var parameter = new Parameter(tensor(new[] { 1f, -2f }));
        using var optimizer = new AdamW([("w", parameter)], new AdamWOptions(Epsilon: 0));
        using var loss = (parameter * tensor(new[] { 3f, -5f })).sum();
        loss.backward();

        optimizer.Step(0.1);

        Assert.Equal([0.9f, -1.9f], parameter.data<float>().ToArray());
    }
}
