using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Tests.Training;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void TheLatestAndTheBestAreKept()
    {
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 1, "clip_val_loss");
        double[] losses = [3, 1, 2, 2];

        Save(folder, losses);

        Assert.Equal(["best.json", "step_00000002.safetensors", "step_00000004.safetensors"], Names());
        Assert.Equal(new BestCheckpoint(2, "clip_val_loss", 1), folder.Best());
    }

    [Fact]
    public void OfRecallsTheHighestIsBest()
    {
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 1, "image_to_text_R@5");

        Save(folder, [3, 1, 2, 2]);

        Assert.Equal(new BestCheckpoint(1, "image_to_text_R@5", 0.3), folder.Best());
    }

    [Fact]
    public void AValidationWithoutTheMetricIsNotCompared()
    {
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 1, "clip_val_loss");
        Save(folder, [2]);

        Assert.False(folder.IsBest(new ValidationMetrics(null, null, [new ZeroShotResult("pets", 0.1, 0.1)])));
        Assert.True(folder.IsBest(Metrics(1)));
    }

    [Fact]
    public void ByAnotherMetricTheFirstIsBestAgain()
    {
        Save(new CheckpointFolder(_run.Folder["run"], keep: 1, "clip_val_loss"), [0.2]);
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 1, "image_to_text_R@5");

        Assert.All(new[] { 0.1, 9 }, value => Assert.True(folder.IsBest(Metrics(value))));
    }

    [Theory]
    [InlineData("clip_val_loss")]
    [InlineData("image_to_text_R@5")]
    public void OfEqualOnesTheFirstStaysTheBest(string metric)
    {
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 1, metric);

        Save(folder, [1, 1, 1]);

        Assert.Equal(1, folder.Best()!.Step);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(1000)]
    public void ADamagedFileIsPassedOver(int length)
    {
        var folder = new CheckpointFolder(_run.Folder["run"], keep: 3);
        Save(folder, [3, 2, 1]);
        using (var newest = File.OpenWrite(_run.Folder["run/step_00000003.safetensors"])) newest.SetLength(length);
        var damaged = new List<string>();

        var latest = folder.Latest((file, _) => damaged.Add(Path.GetFileName(file)));

        Assert.Equal("step_00000002.safetensors", Path.GetFileName(latest));
        Assert.Equal(["step_00000003.safetensors"], damaged);
    }

    /// <summary>Saves after as many steps as there are losses, with recalls that rise with them.</summary>
    private void Save(CheckpointFolder folder, double[] losses)
    {
        using var loop = _run.Trainer(out var model, checkpoints: null);
        using var step = new TrainingStep(new ClipObjective(model), _run.Options);
        using var unused = model;
        foreach (var loss in losses)
        {
            step.Steps++;
            var best = folder.IsBest(Metrics(loss));
            folder.Save(step, new Dictionary<string, string>());
            if (best) folder.MarkBest(step.Steps, Metrics(loss));
        }
    }

    private static ValidationMetrics Metrics(double loss) => new(loss, new RetrievalMetrics([0, loss / 10, 1], [0, 1, 1]), []);

    private IEnumerable<string?> Names() => Directory.GetFiles(_run.Folder["run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
