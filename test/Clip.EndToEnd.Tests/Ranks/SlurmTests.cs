namespace Clip.EndToEnd.Tests;

/// <summary>The recipes of docs/distributed.md for Slurm, on a cluster of one machine.</summary>
public sealed class SlurmTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _table;

    public SlurmTests()
    {
        _table = Pictures.Draw(_folder, "pictures", ofEach: 1, side: 32);
        _folder.Write("model.json", TrainedModel.Config);
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task TasksOfAJobFindEachOther()
    {
        using var slurm = await SlurmNode.StartAsync();

        (await slurm.RunAsync("srun", ["--mpi=pmix", "--kill-on-bad-exit=1", "-n", "2", "--overcommit", .. Train("pmix")])).Succeeded();
        ShownOnce("pmix");

        (await slurm.RunAsync("salloc", ["-n", "2", "--overcommit", "mpirun", "--bind-to", "none", .. Train("mpirun")])).Succeeded();
        ShownOnce("mpirun");

        var apart = await slurm.RunAsync("srun", ["-n", "2", "--overcommit", .. Train("apart")]);
        Assert.Equal(1, apart.ExitCode);
        Assert.Contains("srun started 2 tasks that do not know of each other", apart.Error, StringComparison.Ordinal);

        var failed = await slurm.RunAsync("srun", ["--mpi=pmix", "-n", "2", "--overcommit", .. Train("failed", "absent.tsv")]);
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("of 2: There is no data file", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Entries, name => name.StartsWith("apart", StringComparison.Ordinal) || name == "failed");
    }

    /// <summary>Each of the pictures was shown in each of two epochs, so no rank trained on its own.</summary>
    private void ShownOnce(string name)
    {
        Assert.True(File.Exists(_folder[$"{name}/model.safetensors"]));
        var shown = File.ReadAllLines(_folder[$"{name}.samples"]).GroupBy(line => line.Split('\t')[1]).ToList();
        Assert.Equal(12, shown.Count);
        Assert.All(shown, pair => Assert.Equal(2, pair.Count()));
    }

    private string[] Train(string name, string? table = null) =>
    [
        "dotnet", .. ClipProcess.Arguments(
        [
            "train", "--train-data", table is null ? _table : _folder[table], "--model", _folder["model.json"], "--vocab-size", "560",
            "--epochs", "2", "--batch-size", "3", "--output", _folder[name], "--log-samples", _folder[$"{name}.samples"],
        ]),
    ];
}
