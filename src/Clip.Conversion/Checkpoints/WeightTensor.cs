namespace Clip.Conversion.Checkpoints;

/// <summary>A named weight's values, always float32, in row-major order.</summary>
/// <param name="Shape">The dimensions; empty for a scalar.</param>
/// <param name="Data">The values; as many as the product of <paramref name="Shape"/>.</param>
public sealed record WeightTensor(IReadOnlyList<long> Shape, ReadOnlyMemory<float> Data)
{
    /// <summary>How it follows from a model's parameters; null for one that is given.</summary>
    internal Derivation? Origin { get; init; }
}
