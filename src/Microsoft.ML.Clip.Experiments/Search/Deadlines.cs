using System.Diagnostics;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>The time that is allowed, in shares, from now on.</summary>
/// <param name="limit">All of it.</param>
/// <param name="cancellation">Ends each share early.</param>
internal sealed class Deadlines(TimeSpan limit, CancellationToken cancellation)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Canceled when that share of the time is over.</summary>
    public CancellationTokenSource Until(double share)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var left = limit * share - _clock.Elapsed;
        if (left <= TimeSpan.Zero) source.Cancel();
        else source.CancelAfter(left);
        return source;
    }
}
