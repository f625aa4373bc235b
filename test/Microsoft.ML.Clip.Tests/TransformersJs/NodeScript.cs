using System.Diagnostics;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Runs a script on transformers.js, where <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder that has it; else the running
/// test is skipped.
/// </summary>
internal static class NodeScript
{
    /// <summary>What the script prints; fails the test with its errors where it fails.</summary>
    public static string Run(string script, params string[] arguments)
    {
        var modules = Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");
        Skip.If(modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        var isThere = Directory.Exists(Path.Combine(modules!, "@huggingface", "transformers"));
        Skip.IfNot(isThere, $"{modules} has no @huggingface/transformers.");
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "TransformersJs", script), modules!, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.True(node.ExitCode == 0, errors.Result);
        return output;
    }
}
