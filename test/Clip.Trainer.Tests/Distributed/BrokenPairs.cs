using Clip.Data;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>Pairs of which only the bad ones are asked for.</summary>
internal sealed class BrokenPairs : IPairSource
{
    public SortedDictionary<string, string> Found { get; } = new(StringComparer.Ordinal);

    public long Count => 1;

    public long StepsPerEpoch => 1;

    public string Fingerprint => "";

    public IReadOnlyDictionary<string, string> Broken => Found;

    public void Note(IEnumerable<KeyValuePair<string, string>> broken)
    {
        foreach (var (key, reason) in broken) Found[key] = reason;
    }

    public IAsyncEnumerable<PairBatch> ReadAsync(long from, long to, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public IEnumerable<PairBatch> InOrder() => throw new NotSupportedException();
}
