namespace Clip.Trainer.Training;

/// <summary>
/// A run's folder held by one process: a second run on the same output would write its checkpoints and records between the first one's.
/// The operating system lets go of it when the process ends, however that happens.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _file;

    private RunLock(string folder, FileStream file) => (_folder, _file) = (folder, file);

    /// <summary>Takes a folder, which is created if need be.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="ClipException">Another run holds it.</exception>
    public static RunLock Take(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, ".lock");
        while (true)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (File.Exists(path))
            {
                throw new ClipException($"Another run is writing to {folder}; wait for its end, or choose another `ModelFolder`.", e);
            }

            // The one before may have removed the file between our opening and locking it.
            if (File.Exists(path)) return new RunLock(folder, file);
            file.Dispose();
        }
    }

    /// <summary>Lets go of the folder, which is removed where nothing has come into it.</summary>
    public void Dispose()
    {
        if (!OperatingSystem.IsWindows()) File.Delete(_file.Name); // while it is held
        _file.Dispose();
        if (OperatingSystem.IsWindows()) File.Delete(_file.Name);
        if (Directory.Exists(_folder) && !Directory.EnumerateFileSystemEntries(_folder).Any()) Directory.Delete(_folder);
    }
}
