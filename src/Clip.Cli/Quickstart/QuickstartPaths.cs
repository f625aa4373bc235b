using Clip.Trainer.Training;

namespace Clip.Cli.Quickstart;

/// <summary>Where the quickstart keeps what it makes.</summary>
internal sealed record QuickstartPaths(string Folder)
{
    public string Data => Path.Combine(Folder, "data");

    public string Model => Path.Combine(Folder, "model");

    public string Pipeline => Path.Combine(Folder, "model.zip");

    /// <summary>Tells a quickstart's folder from one of the user's, whose <c>data</c> and <c>model</c> are not ours to remove.</summary>
    private string Mark => Path.Combine(Folder, ".clip-quickstart");

    /// <summary>Removes what an earlier quickstart made, and nothing else.</summary>
    /// <exception cref="ClipException">The folder is a file, or holds something and no quickstart made it.</exception>
    public void RemoveEarlier()
    {
        if (File.Exists(Folder)) throw new ClipException($"{Folder} is a file; give the name of a folder with --output.");
        if (Directory.Exists(Folder) && !File.Exists(Mark) && Directory.EnumerateFileSystemEntries(Folder).Any())
            throw new ClipException($"{Folder} holds something that no quickstart made; give a new or an empty folder with --output.");

        // Not those of one that lives.
        var run = Model + ".run";
        if (Directory.Exists(run)) RunLock.Take(run).Dispose();
        foreach (var made in new[] { Data, Model, run })
        {
            if (Directory.Exists(made)) Directory.Delete(made, recursive: true);
        }

        Directory.CreateDirectory(Folder);
        File.WriteAllText(Mark, "");
        File.Delete(Pipeline);
    }
}
