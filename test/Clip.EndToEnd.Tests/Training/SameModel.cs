namespace Clip.EndToEnd.Tests;

/// <summary>Compares model folders byte for byte.</summary>
internal static class SameModel
{
    public static void Assert(string expected, string actual)
    {
        var files = Files(expected);
        Xunit.Assert.Equal(files, Files(actual));
        foreach (var file in files)
            Xunit.Assert.True(
                File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))),
                $"{file} differs");
    }

    private static string[] Files(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder, f))
            .Order(StringComparer.Ordinal),
    ];
}
