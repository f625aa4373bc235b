using Clip.Conversion.Configs;
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
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = !asked;
        var config = ClipConfigJson.Parse(
            """
            {"embed_dim": 8,
             "vision_cfg": {"image_size": 16, "layers": 1, "width": 16, "head_width": 8, "patch_size": 8},
             "text_cfg": {"context_length": 8, "vocab_size": 12, "width": 8, "heads": 2, "layers": 1}}
            """,
            "test");

        ModelStart.Create(new TrainingOptions { Tf32 = asked }, new PlainModel(config, "test"), _ => { }).Module.Dispose();

        Assert.Equal((asked, asked), (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32));
    }
}
