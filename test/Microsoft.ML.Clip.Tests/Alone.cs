namespace Microsoft.ML.Clip.Tests;

/// <summary>Tests that measure this process's memory, and so run while no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
