using System.Diagnostics;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Running;

/// <summary>Ctrl-C and its like, sent to a process that finishes what it has at hand.</summary>
public sealed class StopSignalsTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task TheFirstOneIsAWishAndEndsWell(string signal)
    {
        var (exit, error) = await StopAsync([signal]);

        Assert.Equal(0, exit);
        Assert.Contains("clip: stopping after the step at hand; once more ends it at once", error, StringComparison.Ordinal);
    }

    /// <summary>Which of two is the second is the system's to say: 130 is Ctrl-C's, 143 that of SIGTERM.</summary>
    [SkippableFact]
    public async Task TheSecondEndsItAtOnce()
    {
        var (exit, _) = await StopAsync(["STOP", "INT", "TERM", "CONT"]);

        Assert.Contains(exit, new[] { 130, 143 });
    }

    private async Task<(int Exit, string Error)> StopAsync(string[] signals)
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no signals to send on Windows.");
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "clip.dll"), "serve", "--model", _folder.Path, "--port", "0"];
        // Where the tests run in the background of a shell, or under nohup, their children ignore what those do.
        if (OperatingSystem.IsLinux()) command = ["env", "--default-signal=INT,HUP,TERM", .. command];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(120));
        Assert.StartsWith("Serving ", line, StringComparison.Ordinal);
        foreach (var signal in signals)
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
            await kill.WaitForExitAsync();
        }

        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await error);
    }
}
