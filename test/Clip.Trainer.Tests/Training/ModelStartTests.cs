using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Trainer.Tests.Training;

[CollectionDefinition(nameof(ModelStartTests), DisableParallelization = true)]
[Collection(nameof(ModelStartTests))] // What it looks at is the process's.
public sealed class ModelStartTests
{
    /// <summary>Of convolutions, too, where libtorch takes TF32 unless it is told not to.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FactorsAreRoundedOnlyWhereThatIsAskedFor(bool asked)
    {
        TorchDevice.AllowTf32(!asked);
        var config = ClipConfigJson.Parse(TinyRun.Config, "test");

        ModelStart.Create(new TrainingOptions { Tf32 = asked }, new PlainModel(config, "test"), _ => { }).Module.Dispose();

        Assert.Equal((asked, asked), (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32));
    }
}
