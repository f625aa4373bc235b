namespace Clip.Testing;

/// <summary>
/// Finds the golden data that lies beside the checkout, if it does; tests that need it skip, saying so, where it is absent.
/// </summary>
internal static class Golden
{
    public const string Absent = "The golden data (../shared beside the checkout) is not on this machine.";

    private static readonly Lazy<string?> Root = new(FindShared);

    /// <summary>
    /// Skips the running test where the data is absent; otherwise gives the path of <paramref name="relative"/> under <c>shared/</c>.
    /// </summary>
    public static string Path(string relative)
    {
        Skip.If(Root.Value is null, Absent);
        return System.IO.Path.Combine(Root.Value!, relative);
    }

    /// <summary>Whether the data is there, for theories that list their rows from it.</summary>
    public static bool IsPresent => Root.Value is not null;

    private static string? FindShared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(System.IO.Path.Combine(folder.FullName, "ClipMlNet.sln"))) continue;
            var shared = System.IO.Path.Combine(folder.Parent!.FullName, "shared");
            return Directory.Exists(System.IO.Path.Combine(shared, "golden")) ? shared : null;
        }

        return null;
    }
}
