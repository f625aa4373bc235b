using System.Globalization;

namespace Clip.Data.Distributed;

/// <summary>What the launcher of a job (mpirun, srun, Kubernetes' MPI operator) has told this process by environment variables.</summary>
/// <param name="Read">Gives a variable's value, or null.</param>
internal sealed record JobEnvironment(Func<string, string?> Read)
{
    public static JobEnvironment OfThisProcess { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>
    /// How many ranks were started together: 1 for a process on its own; null where a launcher only says that there are some.
    /// </summary>
    /// <exception cref="ClipException">Slurm started several tasks without telling them of each other.</exception>
    public int? Size
    {
        get
        {
            // Open MPI's mpirun; srun with PMI-1 or PMI-2; PMIx, whose variables have no size.
            if (Number("OMPI_COMM_WORLD_SIZE") is { } ompi) return ompi;
            if (Number("PMI_SIZE") is { } pmi) return pmi;
            if (Read("PMIX_RANK") is not null) return null;
            if (Number("SLURM_STEP_NUM_TASKS") is not { } tasks || tasks < 2) return 1;
            throw new ClipException(
                $"srun started {tasks} tasks that do not know of each other; start them with srun --mpi=pmix, or by mpirun.");
        }
    }

    /// <summary>Whether a launcher has started this process with others.</summary>
    public bool IsOneOfSeveral => Number("OMPI_COMM_WORLD_SIZE") > 1 || Number("PMI_SIZE") > 1 || Number("SLURM_STEP_NUM_TASKS") > 1;

    /// <summary>This process's number, as far as it is known before MPI is asked; for messages.</summary>
    public int? Rank => Number("OMPI_COMM_WORLD_RANK") ?? Number("PMI_RANK") ?? Number("PMIX_RANK");

    private int? Number(string name) =>
        int.TryParse(Read(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
