using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>What an epoch takes from a run of consecutive records.</summary>
/// <param name="Count">The records.</param>
/// <param name="Factor">How often an epoch shows each: 2 is twice, 0.5 another half each epoch.</param>
/// <param name="Groups">How many records are read together, for records that cannot be reached singly; null for those that can.</param>
/// <param name="Window">How many groups are shuffled into each other.</param>
public sealed record EpochPart(int Count, double Factor = 1, IReadOnlyList<int>? Groups = null, int Window = 1)
{
    /// <summary>How many records an epoch shows.</summary>
    public int Drawn => (int)Math.Round(Count * Factor);

    /// <summary>An epoch's records in their order.</summary>
    /// <param name="first">The number of the first record.</param>
    /// <param name="random">Decides the order.</param>
    /// <param name="order">Receives <see cref="Drawn"/> numbers.</param>
    internal void Order(int first, ref SampleRandom random, Span<int> order)
    {
        for (var done = 0; done < order.Length;)
        {
            // One pass after another, so that as much as possible lies between two sights of a record; the last may end early.
            var pass = new int[Count];
            for (var i = 0; i < Count; i++) pass[i] = first + i;
            if (Groups is null) random.Shuffle(pass.AsSpan());
            else ShuffleInWindows(first, ref random, pass);
            var taken = Math.Min(Count, order.Length - done);
            pass.AsSpan(0, taken).CopyTo(order[done..]);
            done += taken;
        }
    }

    private void ShuffleInWindows(int first, ref SampleRandom random, int[] pass)
    {
        var starts = new int[Groups!.Count];
        for (var i = 1; i < starts.Length; i++) starts[i] = starts[i - 1] + Groups[i - 1];
        var groups = Enumerable.Range(0, starts.Length).ToArray();
        random.Shuffle(groups.AsSpan());
        var done = 0;
        foreach (var window in groups.Chunk(Window))
        {
            var begin = done;
            foreach (var group in window)
            {
                for (var i = 0; i < Groups[group]; i++) pass[done++] = first + starts[group] + i;
            }

            random.Shuffle(pass.AsSpan(begin, done - begin));
        }
    }
}
