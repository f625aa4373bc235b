using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

public class ConVirtObjectiveTests
{
    [Fact]
    public void TheHeadIsReluThenALinearLayerWithoutBias()
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var head = new ProjectionHead(2);
        head.parameters().Single().copy_(tensor(new[,] { { 1f, 2f }, { 3f, 4f } }));

        var projected = head.forward(tensor(new[,] { { 5f, -6f } }));

        Assert.Equal([5f, 15f], projected.data<float>().ToArray());
    }

    [Fact]
    public void AConfigKeepsHeadsAndBiasInItsJson()
    {
        var config = SigLipObjective.Config(ConVirtObjective.Config(new ClipConfig()));

        Assert.Equal(config, ClipConfigJson.Parse(ClipConfigJson.ToHuggingFace(config), "test"));
    }
}
