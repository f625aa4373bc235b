namespace Microsoft.ML.Clip;

/// <summary>How a graph for approximate search (HNSW) is built: more of each finds more and costs more.</summary>
public sealed record ClipApproximateOptions
{
    /// <summary>Neighbors that each picture is linked with. Default 16.</summary>
    public int Connectivity { get; init; } = 16;

    /// <summary>Pictures that are looked at to find them. Default 200.</summary>
    public int BuildExpansion { get; init; } = 200;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Connectivity, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(BuildExpansion, 1);
    }
}
