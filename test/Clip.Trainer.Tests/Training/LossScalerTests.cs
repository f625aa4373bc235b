using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>The scale of float16's losses: PyTorch's GradScaler, step by step.</summary>
public sealed class LossScalerTests : IDisposable
{
    private readonly LossScaler _scaler = new(CPU);

    public void Dispose() => _scaler.Dispose();

    /// <summary>Only 2,000 good steps in a row double it.</summary>
    [Fact]
    public void AScaleGrowsAfterTwoThousandGoodStepsInARow()
    {
        Update(true, 1999);
        Assert.Equal(65536, Scale);
        Update(false, 1);
        Assert.Equal(32768, Scale);
        Update(true, 1999);
        Assert.Equal(32768, Scale);
        Update(true, 1);
        Assert.Equal(65536, Scale);
        Update(true, 1999);
        Assert.Equal(65536, Scale);
        Update(true, 1);
        Assert.Equal(131072, Scale);
    }

    [Fact]
    public void EveryStepThatOverflowsHalvesIt()
    {
        Update(false, 3);

        Assert.Equal(65536 / 8, Scale);
        Assert.Equal(65536 / 4, _scaler.Last.item<float>()); // what the last loss was scaled by
    }

    /// <summary>A run of float16 that goes on does not begin with a scale that overflows again, nor count its good steps anew.</summary>
    [Fact]
    public void ACheckpointHasTheScaleAndItsCount()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        var options = new TrainingOptions { Precision = TrainingPrecision.Fp16 };
        var course = new Dictionary<string, string>();
        using (var step = new TrainingStep(new ClipObjective(model), options))
        {
            Fill(step, 512, 77);
            Checkpoint.Save(folder["x"], step, course);
        }

        using var resumed = new TrainingStep(new ClipObjective(model), options);
        Fill(resumed, 1, 2);
        Checkpoint.Load(folder["x"], resumed, course);

        Assert.Equal(
            [("loss_scaler.scale", 512f), ("loss_scaler.growth_tracker", 77f)],
            resumed.State.Where(s => s.Name.StartsWith("loss", StringComparison.Ordinal)).Select(s => (s.Name, s.Value.item<float>())));

        static void Fill(TrainingStep step, float scale, float good)
        {
            using var unused = no_grad();
            step.State.Single(s => s.Name == "loss_scaler.scale").Value.fill_(scale);
            step.State.Single(s => s.Name == "loss_scaler.growth_tracker").Value.fill_(good);
        }
    }

    private float Scale => _scaler.State.First().Value.item<float>();

    private void Update(bool finite, int times)
    {
        using var scope = NewDisposeScope();
        var value = tensor(finite);
        for (var i = 0; i < times; i++) _scaler.Update(value);
    }
}
