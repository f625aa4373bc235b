using System.Collections.Concurrent;
using Microsoft.ML.Clip;

namespace Clip.Data;

/// <summary>Token ids of captions; those of small data are made once. Thread-safe.</summary>
/// <param name="tokenizer">Makes token ids.</param>
/// <param name="contextLength">The most tokens of a text; longer ones are cut.</param>
internal sealed class CaptionTokens(ClipTokenizer tokenizer, int contextLength)
{
    private const int MostKept = 1 << 17;
    private readonly ConcurrentDictionary<string, int[]> _kept = new(StringComparer.Ordinal);
    private int _count;

    public int[] Of(string caption)
    {
        if (_kept.TryGetValue(caption, out var ids)) return ids;
        ids = tokenizer.Encode(caption, contextLength);
        if (_count < MostKept && _kept.TryAdd(caption, ids)) Interlocked.Increment(ref _count);
        return ids;
    }
}
