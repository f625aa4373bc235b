namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>A request's places in the queue, from before its inputs are prepared until it is answered.</summary>
internal sealed class BatchPlaces<T>(Batcher<T> batcher, int count) : IDisposable
{
    private int _count = count;

    /// <inheritdoc cref="Batcher{T}.RunAsync"/>
    public Task<float[][]> RunAsync(IReadOnlyList<T> inputs, CancellationToken cancellation) => batcher.RunAsync(inputs, cancellation);

    public void Dispose() => batcher.Release(Interlocked.Exchange(ref _count, 0));
}
