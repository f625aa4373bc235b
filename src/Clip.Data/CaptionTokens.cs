using System.Collections.Concurrent;
using Microsoft.ML.Clip.Inference;

namespace Clip.Data;

/// <summary>Token ids of captions; those of small data are made once. Thread-safe.</summary>
/// <param name="rows">Makes a text tower's input of texts.</param>
internal sealed class CaptionTokens(TokenRows rows)
{
    private const int MostKept = 1 << 17;
    private readonly ConcurrentDictionary<string, int[]> _kept = new(StringComparer.Ordinal);
    private int _count;

    public int[] Of(string caption)
    {
        if (_kept.TryGetValue(caption, out var ids)) return ids;
        ids = rows.Tokenize(caption, out _);
        if (_count < MostKept && _kept.TryAdd(caption, ids)) Interlocked.Increment(ref _count);
        return ids;
    }
}
