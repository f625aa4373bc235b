using Clip.Trainer.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>Knows a lack of memory by its exceptions, .NET's and libtorch's, and says what to lower.</summary>
internal static class OutOfMemory
{
    /// <summary>
    /// Whether memory was lacking. libtorch tells of it in words only: "can't allocate memory" on the CPU, "out of memory" on a GPU.
    /// </summary>
    public static bool Is(Exception e) =>
        e is OutOfMemoryException
        || e.Message.Contains("can't allocate memory", StringComparison.Ordinal)
        || e.Message.Contains("not enough memory", StringComparison.Ordinal)
        || e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || (e.InnerException is { } inner && Is(inner));

    /// <summary>Does what steps, and tells where memory lacks for it.</summary>
    /// <param name="batchSize">Pairs a step.</param>
    /// <param name="work">What to do.</param>
    /// <exception cref="ClipException">Memory ran out.</exception>
    public static async Task<T> ToldAsync<T>(int batchSize, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (Is(e))
        {
            throw Tell(e, batchSize);
        }
    }

    /// <summary>The GPU's memory, where there is one.</summary>
    private static string OnGpu() =>
        cuda_is_available() && DeviceMemory.Describe(CUDA) is { Length: > 0 } told ? $" ({told})" : "";

    /// <summary>What to tell the user.</summary>
    public static ClipException Tell(Exception e, int batchSize) => new(
        $"Memory ran out with batches of {batchSize} pairs{OnGpu()}; "
        + "lower `BatchSize` (with `AccumFrequency` a step still compares as many), "
        + "recompute activations with `GradCheckpointing`, or take a smaller `Model`. "
        + "The last checkpoint is whole: go on with `Resume` where the batch size stays.",
        e);
}
