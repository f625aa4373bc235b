namespace Clip.Testing;

/// <summary>Open MPI's launcher, for tests of several ranks on one machine.</summary>
internal static class Mpirun
{
    private static readonly string? Path = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator).Select(folder => System.IO.Path.Combine(folder, "mpirun")).FirstOrDefault(File.Exists);

    /// <summary>What lets it run in containers, as root, and with more ranks than cores.</summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
        ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
        ["OMPI_MCA_rmaps_base_oversubscribe"] = "1",
        // A rank that waits gives its core to whoever works, other tests too, instead of asking for messages without end.
        ["OMPI_MCA_mpi_yield_when_idle"] = "1",
        ["OMPI_MCA_btl"] = "self,vader",
        ["OMPI_MCA_btl_vader_single_copy_mechanism"] = "none",
        ["OMP_NUM_THREADS"] = "1",
    };

    /// <summary>Skips a test where it is not installed.</summary>
    public static string Require()
    {
        Skip.If(Path is null, "mpirun is not installed (Debian: openmpi-bin)");
        return Path!;
    }

    /// <summary>What comes before the program.</summary>
    public static string[] Arguments(int ranks) => ["-np", $"{ranks}", "--bind-to", "none"];
}
