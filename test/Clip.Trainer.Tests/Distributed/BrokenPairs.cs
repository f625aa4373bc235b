using Clip.Data;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>Pairs that nobody reads: how many there are, what they are known by, and which are bad.</summary>
internal sealed class BrokenPairs : IPairSource
{
    public SortedDictionary<string, string> Found { get; } = new(StringComparer.Ordinal);

    public long Count { get; init; } = 1;

    public long StepsPerEpoch => 1;

    public string Fingerprint { get; init; } = "";

    public IReadOnlyDictionary<string, string> Broken => Found;

    public void Note(IEnumerable<KeyValuePair<string, string>> broken)
    {
        foreach (var (key, reason) in broken) Found[key] = reason;
    }

    public IAsyncEnumerable<PairBatch> ReadAsync(long from, long to, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public IEnumerable<PairBatch> InOrder() => throw new NotSupportedException();
}
