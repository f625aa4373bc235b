namespace Clip.EndToEnd.Tests;

/// <summary>
/// Runs scripts on other people's packages, where <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder into which
/// <c>npm install --ignore-scripts</c> has put them, as .ci/run does.
/// </summary>
internal static class NodeScript
{
    private static string? Modules => Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");

    private static bool HasNode =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Any(f => File.Exists(Path.Combine(f, "node")) || File.Exists(Path.Combine(f, "node.exe")));

    /// <summary>Skips the running test, saying why, where scripts on these packages cannot run.</summary>
    public static void SkipWithout(params string[] packages)
    {
        Skip.If(Modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        foreach (var package in packages)
            Skip.IfNot(Directory.Exists(Path.Combine(Modules!, package)), $"{Modules} has no {package}.");
        Skip.IfNot(HasNode, "There is no node on the PATH.");
    }

    /// <summary>The lines that a script of these tests prints.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(string script, string workingFolder, params string[] arguments)
    {
        var path = Path.Combine(AppContext.BaseDirectory, script);
        using var node = ChildProcess.Start("node", workingFolder, [path, Modules!, .. arguments]);
        return [.. (await node.FinishAsync()).Succeeded().OutputLines];
    }
}
