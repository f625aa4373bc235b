using Clip.Data.Distributed;

namespace Clip.Data.Tests.Distributed;

/// <summary>What launchers tell a process by environment variables, and what is made of it before MPI is asked.</summary>
public sealed class JobEnvironmentTests
{
    [Theory]
    [InlineData("", 1, false, null)]
    // Open MPI's mpirun, on its own and in a job of Slurm's.
    [InlineData("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3 PMIX_RANK=3", 4, true, 3)]
    [InlineData("SLURM_STEP_NUM_TASKS=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=2 PMIX_RANK=2", 4, true, 2)]
    [InlineData("OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0", 1, false, 0)]
    // srun --mpi=pmi2, and MPICH's launchers.
    [InlineData("SLURM_STEP_NUM_TASKS=2 PMI_SIZE=2 PMI_RANK=1", 2, true, 1)]
    [InlineData("PMI_SIZE=1 PMI_RANK=0", 1, false, 0)]
    // srun --mpi=pmix: PMIx tells the rank alone, and MPI the size.
    [InlineData("SLURM_STEP_NUM_TASKS=2 PMIX_RANK=1", null, true, 1)]
    [InlineData("SLURM_STEP_NUM_TASKS=1 PMIX_RANK=0", null, false, 0)]
    // A batch script, or one task: an allocation's tasks are not the step's.
    [InlineData("SLURM_JOB_ID=7 SLURM_NTASKS=8", 1, false, null)]
    [InlineData("SLURM_STEP_NUM_TASKS=1", 1, false, null)]
    // No numbers.
    [InlineData("OMPI_COMM_WORLD_SIZE=many PMI_SIZE=", 1, false, null)]
    [InlineData("OMPI_COMM_WORLD_SIZE=-2", 1, false, null)]
    public void LaunchersTellHowManyThereAre(string variables, int? size, bool several, int? rank)
    {
        var environment = Of(variables);
        Assert.Equal((size, several, rank), (environment.Size, environment.IsOneOfSeveral, environment.Rank));
    }

    [Fact]
    public void TasksThatDoNotKnowOfEachOtherAreRefused()
    {
        var environment = Of("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1");
        Assert.True(environment.IsOneOfSeveral);
        var refused = Assert.Throws<ClipException>(() => environment.Size);
        Assert.Equal(
            "srun started 2 tasks that do not know of each other; start them with srun --mpi=pmix, or by mpirun.", refused.Message);
    }

    [Fact]
    public void AProcessOnItsOwnIsTheOnlyRank() => Assert.Same(Ranks.Alone, Ranks.Join(Of("SLURM_NTASKS=8")));

    private static JobEnvironment Of(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')).ToDictionary(parts => parts[0], parts => parts[1]);
        return new JobEnvironment(name => values.GetValueOrDefault(name));
    }
}
