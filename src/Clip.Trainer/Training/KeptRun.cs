using Clip.Conversion.ModelFolders;

namespace Clip.Trainer.Training;

/// <summary>The folder of a run that is kept, held by this process until it is disposed.</summary>
internal sealed class KeptRun : IDisposable
{
    private readonly RunLock _held;

    /// <summary>Takes the folder and finds where the run goes on.</summary>
    /// <param name="output">The run's.</param>
    /// <param name="sources">What it starts from, which the model folder must not replace; null for nothing.</param>
    /// <param name="metric">What makes a checkpoint the best; null where nothing is measured.</param>
    /// <param name="say">Told of damaged checkpoints passed over.</param>
    /// <exception cref="ClipException">
    /// The model folder could not be replaced, another run holds the folder, or there is no checkpoint to go on from, or one too many.
    /// </exception>
    public KeptRun(RunOutput output, IReadOnlyList<string?> sources, string? metric, Action<string> say)
    {
        ModelFolderWriter.EnsureReplaceable(output.ModelFolder, [.. sources]);
        Folder = new RunFolder(output.ModelFolder);
        _held = RunLock.Take(Folder.Root);
        try
        {
            Checkpoints = new CheckpointFolder(Folder.Checkpoints, output.Keep, metric);
            Checkpoint = Folder.Find(Checkpoints, output.Resume, say);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where everything is.</summary>
    public RunFolder Folder { get; }

    /// <summary>Where the run's state is saved.</summary>
    public CheckpointFolder Checkpoints { get; }

    /// <summary>The checkpoint that the run goes on from; null for a new run.</summary>
    public string? Checkpoint { get; }

    public void Dispose() => _held.Dispose();
}
