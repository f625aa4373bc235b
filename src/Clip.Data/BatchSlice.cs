namespace Clip.Data;

/// <summary>What one of several ranks takes of every batch: a share of each part of it; the ranks' shares make up the batch.</summary>
/// <param name="Rank">Which.</param>
/// <param name="Ranks">Among how many.</param>
/// <param name="Parts">The parts that a step encodes one after the other.</param>
internal sealed record BatchSlice(int Rank, int Ranks, int Parts)
{
    /// <summary>The samples of this rank.</summary>
    /// <param name="batch">Those of all.</param>
    public ReadOnlyMemory<int> Of(ReadOnlyMemory<int> batch)
    {
        var size = (batch.Length + Parts - 1) / Parts;
        var own = new List<int>((batch.Length / Ranks) + Parts);
        for (var start = 0; start < batch.Length; start += size)
        {
            var part = batch.Span.Slice(start, Math.Min(size, batch.Length - start));
            int first = (int)((long)Rank * part.Length / Ranks), end = (int)((Rank + 1L) * part.Length / Ranks);
            own.AddRange(part[first..end]);
        }

        return own.ToArray();
    }
}
