namespace Clip.EndToEnd.Tests;

/// <summary>
/// Runs scripts on transformers.js, where <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder into which
/// <c>npm install --ignore-scripts @huggingface/transformers</c> has put it.
/// </summary>
internal static class TransformersJs
{
    private static string? Modules => Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");

    private static bool HasNode =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Any(f => File.Exists(Path.Combine(f, "node")) || File.Exists(Path.Combine(f, "node.exe")));

    /// <summary>Skips the running test, saying why, where scripts cannot run.</summary>
    public static void SkipWhereAbsent()
    {
        Skip.If(Modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        Skip.IfNot(
            Directory.Exists(Path.Combine(Modules!, "@huggingface", "transformers")),
            $"{Modules} has no @huggingface/transformers.");
        Skip.IfNot(HasNode, "There is no node on the PATH.");
    }

    /// <summary>The lines that a script beside this file prints.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(string script, string workingFolder, params string[] arguments)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "TransformersJs", script);
        using var node = ChildProcess.Start("node", workingFolder, [path, Modules!, .. arguments]);
        return [.. (await node.FinishAsync()).Succeeded().OutputLines];
    }
}
