namespace Clip.Testing;

/// <summary>A folder that the tests of a process share, removed with it: what commands keep there finds no later run's.</summary>
internal static class ProcessFolder
{
    private static readonly Lazy<TempFolder> Folder = new(TempFolder.OfThisProcess);

    public static string Path => Folder.Value.Path;
}
