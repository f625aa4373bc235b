using System.CommandLine;

namespace Clip.Bench;

/// <summary>Options that several contests have.</summary>
internal static class ContestOptions
{
    public static Option<int> Rounds(int count) => new("--rounds")
    {
        Description = "Runs of each, besides one to warm up.",
        DefaultValueFactory = _ => count,
    };

    public static Option<int> Threads() => new("--threads")
    {
        Description = "Threads of every session; default one a processor.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public static Option<int[]> Batches() => new("--batch")
    {
        Description = "Batch sizes.",
        DefaultValueFactory = _ => [1, 16],
        AllowMultipleArgumentsPerToken = true,
    };
}
