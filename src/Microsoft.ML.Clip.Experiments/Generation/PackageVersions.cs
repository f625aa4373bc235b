using System.Reflection;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>The versions of packages that this library was built with, for generated projects.</summary>
internal static class PackageVersions
{
    public static IReadOnlyList<(string Name, string Version)> Of(IEnumerable<string> packages)
    {
        var known = typeof(PackageVersions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(one => one.Key.StartsWith("Package:", StringComparison.Ordinal))
            .ToDictionary(one => one.Key["Package:".Length..], one => one.Value!);
        return [.. packages.Select(package => (package, known[package]))];
    }
}
