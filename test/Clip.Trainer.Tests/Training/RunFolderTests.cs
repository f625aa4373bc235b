using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>Where a run is kept, and where it goes on from.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model")]
    [InlineData("model/")]
    public void ARunLiesBesideItsModel(string output)
    {
        var run = new RunFolder(_folder[output]);

        Assert.Equal(
            [_folder["model.run"], _folder["model.run/checkpoints"], _folder["model.run/tokenizer"]],
            [run.Root, run.Checkpoints, run.Tokenizer]);
    }

    [Fact]
    public void ARunStartsAnewOnlyWhereNoneWasAndGoesOnOnlyFromWhatIsThere()
    {
        var run = new RunFolder(_folder["model"]);
        var checkpoints = new CheckpointFolder(run.Checkpoints, keep: 2);
        Assert.Null(Find(null));
        Refused.With("There is no checkpoint in ", () => Find("latest"));
        Refused.With("There is no checkpoint 'x' to resume from", () => Find("x"));
        Assert.False(Directory.Exists(run.Root));

        using (var model = TrainingStepTests.Model())
        using (var step = new TrainingStep(new ClipObjective(model), new TrainingOptions()))
        {
            foreach (var steps in new[] { 3, 20 })
            {
                step.Steps = steps;
                checkpoints.Save(step, new Dictionary<string, string>());
            }
        }

        var (earlier, latest) = (Path.Combine(run.Checkpoints, "step_00000003.safetensors"), Find("latest"));
        Refused.With("holds checkpoints of an earlier run", () => Find(null));
        Assert.Equal(Path.Combine(run.Checkpoints, "step_00000020.safetensors"), latest);
        Assert.Equal(earlier, Find(earlier));

        File.WriteAllText(latest!, "cut");
        var said = new List<string>();
        Assert.Equal(earlier, run.Find(checkpoints, "latest", said.Add));
        Assert.StartsWith($"Passed over the damaged checkpoint {latest}: ", Assert.Single(said), StringComparison.Ordinal);

        string? Find(string? resume) => run.Find(checkpoints, resume, line => Assert.Fail(line));
    }

    /// <summary>What made it the best is gone with its file: the next is the best again.</summary>
    [Fact]
    public void ABestCheckpointWhoseFileIsGoneIsNone()
    {
        var folder = new CheckpointFolder(_folder["run"], keep: 1, "clip_val_loss");
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions()) { Steps = 4 };
        folder.Save(step, new Dictionary<string, string>());
        folder.MarkBest(4, Loss(1));
        Assert.Equal(new BestCheckpoint(4, "clip_val_loss", 1), new CheckpointFolder(_folder["run"], keep: 1, "clip_val_loss").Best());
        Assert.False(folder.IsBest(Loss(2)));

        File.Delete(_folder["run/step_00000004.safetensors"]);

        Assert.Null(folder.Best());
        Assert.True(folder.IsBest(Loss(2)));

        static Clip.Trainer.Validation.ValidationMetrics Loss(double loss) => new(loss, null, []);
    }

    /// <summary>The folder is free again, and as it was, where a run could not begin.</summary>
    [Fact]
    public void ARunThatCannotGoOnLetsGoOfItsFolder()
    {
        for (var i = 0; i < 2; i++)
        {
            Refused.With(
                "There is no checkpoint in ",
                () => new KeptRun(new RunOutput(_folder["model"]) { Resume = "latest" }, [], "clip_val_loss", _ => { }).Dispose());
            Assert.Empty(_folder.Entries);
        }

        using var kept = new KeptRun(new RunOutput(_folder["model"]) { Keep = 1 }, [null], "clip_val_loss", _ => { });
        Assert.Null(kept.Checkpoint);
        Refused.With("Another run is writing to ", () => RunLock.Take(kept.Folder.Root));
        File.WriteAllText(_folder.Write("source/config.json", "{}"), "{}");
        Refused.With(
            "which would be replaced by what is made from it",
            () => new KeptRun(new RunOutput(_folder["source"]), [null, _folder["source"]], null, _ => { }).Dispose());
    }
}
