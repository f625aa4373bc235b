using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip.Inference;

/// <summary>A parallel loop that fails as the sequential one would: with the first failing index's own exception.</summary>
internal static class OrderedParallel
{
    public static void For(int count, Action<int> body, CancellationToken cancellationToken)
    {
        if (count == 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            body(0);
            return;
        }

        var failures = new Exception?[count];
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            try
            {
                body(i);
            }
            catch (Exception e)
            {
                failures[i] = e;
            }
        });
        if (Array.Find(failures, f => f is not null) is { } first) ExceptionDispatchInfo.Throw(first);
    }
}
