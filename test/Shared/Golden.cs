namespace Clip.Testing;

/// <summary>
/// Finds golden data: the set that travels with the code (<c>test/Goldens</c>), and the larger rest that may lie beside the checkout, where
/// tests that need it skip, saying so, if it does not.
/// </summary>
internal static class Golden
{
    public const string Absent = "The golden data (../shared beside the checkout) is not on this machine.";

    private static readonly string Checkout = FindCheckout();
    private static readonly Lazy<string?> Root = new(FindShared);

    /// <summary>The path of a file or folder of <c>test/Goldens</c>.</summary>
    public static string Carried(string relative) => System.IO.Path.Combine(Checkout, "test", "Goldens", relative);

    /// <summary>
    /// The path of <c>golden/MODEL</c> in <c>test/Goldens/models</c> where MODEL is one that travels with the code; otherwise of
    /// <paramref name="relative"/> under <c>shared/</c>, or the running test is skipped where that is absent.
    /// </summary>
    public static string Path(string relative)
    {
        var carried = Carried(relative.Replace("golden/", "models/", StringComparison.Ordinal));
        if (System.IO.Path.Exists(carried)) return carried;
        Skip.If(Root.Value is null, Absent);
        return System.IO.Path.Combine(Root.Value!, relative);
    }

    /// <summary>Whether the data is there, for theories that list their rows from it.</summary>
    public static bool IsPresent => Root.Value is not null;

    private static string? FindShared()
    {
        var shared = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Checkout)!, "shared");
        return Directory.Exists(System.IO.Path.Combine(shared, "golden")) ? shared : null;
    }

    private static string FindCheckout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "ClipMlNet.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside a checkout of ClipMlNet.");
        return folder.FullName;
    }
}
