namespace Clip.EndToEnd.Tests;

/// <summary>What a rank says where the job cannot be one: before anything is read or written.</summary>
public sealed class LaunchTests : IDisposable
{
    private static readonly string[] Embed = ["embed", "--images", "pictures", "--output", "out"];
    private static readonly string[] Train = ["train", "--train-data", "pairs.tsv", "--model", "ViT-B-32", "--output", "out"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public Task WithoutOpenMpiOneSentenceNamesThePackage() => SaysAsync(
        "no library", Embed,
        "clip: This process was started as one of several ranks, and Open MPI's library libmpi.so.40 cannot be loaded; install Open MPI on "
        + "every machine (Debian and Ubuntu: the package openmpi-bin, which brings libopenmpi3).");

    [SkippableFact]
    public Task TrainingSaysItToo() => SaysAsync("no library", Train, "libopenmpi3).");

    [SkippableFact]
    public async Task AnotherLibraryOfThatNameIsNotTakenForOpenMpi()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "elsewhere the library has another name");
        var another = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so").Single();
        await SaysAsync(another, Embed, "clip: The MPI library is not Open MPI's, for it has no ompi_mpi_comm_world; ");
    }

    [SkippableFact]
    public async Task AProcessThatItsLauncherAloneCountsIsRefused()
    {
        Mpirun.Require();
        // Two processes that do not find each other, each of which would train on its own.
        using var process = ChildProcess.Dotnet(
            _folder.Path, ClipProcess.Arguments(Train),
            new Dictionary<string, string>(Mpirun.Variables) { ["PMI_SIZE"] = "2", ["PMI_RANK"] = "0" });
        var outcome = await process.FinishAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("The launcher started 2 ranks, and Open MPI sees 1", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs one of two ranks, before whose eyes lies a library of MPI's name.</summary>
    /// <param name="library">What it is: a file's path, or words.</param>
    private async Task SaysAsync(string library, string[] command, string sentence)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "elsewhere the library has another name");
        var first = _folder.Write("libraries/libmpi.so.40", library);
        if (File.Exists(library)) File.Copy(library, first, overwrite: true);
        using var process = ChildProcess.Dotnet(_folder.Path, ClipProcess.Arguments(command), new Dictionary<string, string>
        {
            ["LD_LIBRARY_PATH"] = Path.GetDirectoryName(first)!,
            ["OMPI_COMM_WORLD_SIZE"] = "2",
            ["OMPI_COMM_WORLD_RANK"] = "0",
        });
        var outcome = await process.FinishAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(sentence, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(["libraries"], _folder.Entries);
    }
}
