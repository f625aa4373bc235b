namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>
/// A request's inputs in a <see cref="Batcher{T}"/>'s queue. Where it stands in there is the batcher's to say, under the batcher's lock.
/// </summary>
internal sealed class BatchJob<T>(IReadOnlyList<T> inputs)
{
    private readonly TaskCompletionSource<float[][]> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[][] _embeddings = new float[inputs.Count][];
    private int _missing = inputs.Count;

    public IReadOnlyList<T> Inputs { get; } = inputs;

    /// <summary>The embeddings, once all are there.</summary>
    public Task<float[][]> Result => _result.Task;

    /// <summary>Whether nobody waits any more.</summary>
    public bool IsOver => _result.Task.IsCompleted;

    /// <summary>Where it stands in the queue.</summary>
    public LinkedListNode<BatchJob<T>>? Node { get; set; }

    /// <summary>The first input that no run has taken.</summary>
    public int Next { get; set; }

    /// <summary>How many inputs no run has taken.</summary>
    public int Left => Inputs.Count - Next;

    public void Complete(int index, float[] embedding)
    {
        _embeddings[index] = embedding;
        if (--_missing == 0) _result.TrySetResult(_embeddings);
    }

    public void Fail(Exception e) => _result.TrySetException(e);

    public void Cancel(CancellationToken cancellation) => _result.TrySetCanceled(cancellation);
}
