namespace Clip.Trainer.Quickstart;

/// <summary>Where the quickstart keeps what it makes.</summary>
internal sealed record QuickstartPaths(string Folder)
{
    public string Data => Path.Combine(Folder, "data");

    public string Model => Path.Combine(Folder, "model");

    public string Pipeline => Path.Combine(Folder, "model.zip");

    /// <summary>Removes what an earlier quickstart made, and nothing else.</summary>
    public void RemoveEarlier()
    {
        foreach (var made in new[] { Data, Model, Model + ".run" })
        {
            if (Directory.Exists(made)) Directory.Delete(made, recursive: true);
        }

        Directory.CreateDirectory(Folder);
        File.Delete(Pipeline);
    }
}
