using Clip.Conversion.Checkpoints;
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

    [Fact]
    public void TheSeedDecidesTheStartingWeights()
    {
        Assert.Equal(Start(1), Start(1));
        Assert.NotEqual(Start(1), Start(2));

        static float[] Start(long seed)
        {
            using var module = Create(new TrainingOptions { Seed = seed }, _ => { });
            return TorchWeights.Of(module)["visual.proj"].Data.ToArray();
        }
    }

    /// <summary>What the weights that are started from do not have is told, by name as far as a line goes.</summary>
    [Fact]
    public void WhatIsStartedFromAndWhatIsNewIsTold()
    {
        using var folder = new TempFolder();
        using var clip = Create(new TrainingOptions { Seed = 3 }, line => Assert.Fail(line));
        using var words = new BagOfWordsModel(ClipConfigJson.Parse(TinyRun.Config, "test"));
        SafetensorsWriter.Write(folder["clip.safetensors"], TorchWeights.Of(clip));
        SafetensorsWriter.Write(folder["words.safetensors"], TorchWeights.Of(words));
        var said = new List<string>();

        using var whole = Create(Tuned("clip.safetensors"), said.Add);
        using var part = Create(Tuned("words.safetensors"), said.Add);

        Assert.Equal($"Starting from {folder["clip.safetensors"]}.", said[0]);
        Assert.Equal(TorchWeights.Of(clip)["text_projection"].Data.ToArray(), TorchWeights.Of(whole)["text_projection"].Data.ToArray());
        // All but the image tower.
        string[] fresh = [.. part.state_dict().Keys.Where(name => !name.StartsWith("visual.", StringComparison.Ordinal))];
        Assert.Equal(
            $"Starting from {folder["words.safetensors"]}; new are {string.Join(", ", fresh[..3])} and {fresh.Length - 3} more weights.",
            said[1]);

        TrainingOptions Tuned(string file) => new() { Seed = 4, FineTuning = new() { Pretrained = folder[file] } };
    }

    private static torch.nn.Module Create(TrainingOptions options, Action<string> say) =>
        ModelStart.Create(options, new PlainModel(ClipConfigJson.Parse(TinyRun.Config, "test"), "test"), say).Module;
}
