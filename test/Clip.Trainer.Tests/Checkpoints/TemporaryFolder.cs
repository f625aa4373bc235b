namespace Clip.Trainer.Tests.Checkpoints;

/// <summary>A folder that a test may fill, gone when it ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string FullName { get; } = Directory.CreateTempSubdirectory("clip-test-").FullName;

    public string this[string name] => Path.Combine(FullName, name);

    public IEnumerable<string> Entries => Directory.EnumerateFileSystemEntries(FullName).Select(e => Path.GetFileName(e)!);

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
