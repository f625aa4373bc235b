using System.CommandLine;
using BenchmarkDotNet.Running;

namespace Clip.Bench;

/// <summary><c>kernels</c>: BenchmarkDotNet over <see cref="Kernels"/>; further arguments are its own.</summary>
internal static class KernelsCommand
{
    public static Command Create()
    {
        var command = new Command("kernels", "Times the parts with BenchmarkDotNet; takes its arguments, e.g. --job dry.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };

        // In this process: building everything anew for each run would take minutes, and nothing here needs another runtime.
        command.SetAction(parsed => { BenchmarkRunner.Run<Kernels>(config: null, [.. parsed.UnmatchedTokens, "--inProcess"]); });
        return command;
    }
}
