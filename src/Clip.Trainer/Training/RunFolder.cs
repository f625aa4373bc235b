
namespace Clip.Trainer.Training;

/// <summary><c>OUTPUT.run</c>: what a run needs to go on, and its records.</summary>
/// <param name="output">The model folder that the run will write.</param>
internal sealed class RunFolder(string output)
{
    /// <summary>The folder itself.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + ".run";

    /// <summary>Where checkpoints go.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>Where the run's vocabulary goes, learned or given.</summary>
    public string Tokenizer => Path.Combine(Root, "tokenizer");

    /// <summary>The checkpoint to go on from; null to start.</summary>
    /// <param name="checkpoints">Those of the folder.</param>
    /// <param name="resume"><c>latest</c>, a file, or null.</param>
    /// <param name="say">Told of damaged ones passed over.</param>
    /// <exception cref="ClipException">There is none, or there are some and none was asked for.</exception>
    public string? Find(CheckpointFolder checkpoints, string? resume, Action<string> say)
    {
        if (resume is null)
        {
            return checkpoints.Any()
                ? throw new ClipException(
                    $"{Root} holds checkpoints of an earlier run; go on with `Resume`, "
                    + "remove the folder, or choose another `ModelFolder`.")
                : null;
        }

        if (resume == "latest")
        {
            return checkpoints.Latest((file, reason) => say($"Passed over the damaged checkpoint {file}: {reason}"))
                ?? throw new ClipException(
                    $"There is no checkpoint in {Checkpoints} to resume from that can be read; start without `Resume`.");
        }

        return File.Exists(resume)
            ? resume
            : throw new ClipException($"There is no checkpoint '{resume}' to resume from; give a file of {Checkpoints}, or 'latest'.");
    }
}
