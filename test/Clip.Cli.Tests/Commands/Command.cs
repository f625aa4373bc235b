using System.Diagnostics;
using Clip.Cli;

namespace Clip.Cli.Tests.Commands;

/// <summary>Runs the command line.</summary>
internal static class Command
{
    /// <summary>In this process, for its exit code and what it writes to files.</summary>
    public static Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments);

    /// <summary>In a process of its own, for what it prints.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunApartAsync(params string[] arguments) =>
        RunWithAsync(new Dictionary<string, string>(), arguments);

    /// <summary>The same, with variables of its own.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunWithAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Embeddings that commands keep are not the user's.
        start.Environment["HF_ASSETS_CACHE"] = ProcessFolder.Path;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
