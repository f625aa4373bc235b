namespace Clip.Data;

/// <summary>
/// Reading that may block for ever, on a network that hangs or a pipe that nobody writes to: no such call can be ended, but one need not
/// wait for it. The thread that is stuck goes when the process does.
/// </summary>
internal static class Interruptible
{
    /// <summary>Does something on another thread and waits for it.</summary>
    /// <exception cref="OperationCanceledException">It was canceled meanwhile.</exception>
    public static T Run<T>(Func<T> work, CancellationToken cancellation) =>
        Task.Run(work, CancellationToken.None).WaitAsync(cancellation).GetAwaiter().GetResult();

    /// <summary>Goes through a sequence whose next item may block.</summary>
    /// <exception cref="OperationCanceledException">It was canceled meanwhile.</exception>
    public static IEnumerable<T> Items<T>(IEnumerable<T> items, CancellationToken cancellation)
    {
        // Not in a using: while it is stuck it cannot be disposed.
        var sequence = items.GetEnumerator();
        while (Run(sequence.MoveNext, cancellation)) yield return sequence.Current;
        sequence.Dispose();
    }
}
