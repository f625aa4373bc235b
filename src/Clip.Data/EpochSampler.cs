using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>
/// Which samples make up which step. The order of an epoch depends on the seed and the epoch alone, so any step can be asked
/// for at once: a resumed run goes on where it stopped without replaying what came before.
/// </summary>
/// <param name="parts">What an epoch is made of; mixed evenly.</param>
/// <param name="batchSize">Samples a step; what does not fill a batch is left out of that epoch, another part each time.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="imageOf">
/// The image of a sample, where samples share images: then no step shows an image twice, as long as there are others to show; null where
/// they share none.
/// </param>
public sealed class EpochSampler(IReadOnlyList<EpochPart> parts, int batchSize, long seed, Func<int, long>? imageOf = null)
{
    private const int BatchesToSearch = 32;

    private (long Epoch, int[] Order) _latest = (-1, []);

    /// <summary>Creates the sampler of a single part.</summary>
    public EpochSampler(int count, int batchSize, long seed)
        : this([new EpochPart(count)], batchSize, seed)
    {
    }

    /// <summary>Samples in an epoch.</summary>
    public int Count { get; } = parts.Sum(part => part.Drawn);

    /// <summary>Steps in an epoch; at least one.</summary>
    public long StepsPerEpoch => Math.Max(1, Count / batchSize);

    /// <summary>The epoch a step belongs to.</summary>
    public long EpochOf(long step) => step / StepsPerEpoch;

    /// <summary>The samples of a step.</summary>
    public ReadOnlyMemory<int> BatchOf(long step)
    {
        var epoch = EpochOf(step);
        if (_latest.Epoch != epoch) _latest = (epoch, Apart(Order(epoch)));
        var start = (int)(step % StepsPerEpoch) * batchSize;
        return _latest.Order.AsMemory(start, Math.Min(batchSize, Count - start));
    }

    private int[] Order(long epoch)
    {
        var orders = new int[parts.Count][];
        var first = 0;
        for (var i = 0; i < orders.Length; i++)
        {
            var random = i == 0 ? new SampleRandom(seed, epoch) : new SampleRandom(seed, epoch, i);
            parts[i].Order(first, ref random, orders[i] = new int[parts[i].Drawn]);
            first += parts[i].Count;
        }

        if (orders.Length == 1) return orders[0];

        // A shuffled row of tickets says whose turn it is: every part keeps its own order, and is spread over the whole epoch.
        var mixed = Enumerable.Range(0, orders.Length).SelectMany(i => Enumerable.Repeat(i, orders[i].Length)).ToArray();
        new SampleRandom(seed, epoch, -1).Shuffle(mixed.AsSpan());
        var taken = new int[orders.Length];
        for (var i = 0; i < mixed.Length; i++) mixed[i] = orders[mixed[i]][taken[mixed[i]]++];
        return mixed;
    }

    /// <summary>Moves the second sight of an image to another step: the sample changes places with the next that fits.</summary>
    private int[] Apart(int[] order)
    {
        if (imageOf is null) return order;
        var reach = BatchesToSearch * batchSize;
        for (var start = 0; start < order.Length; start += batchSize)
        {
            var end = Math.Min(start + batchSize, order.Length);
            var seen = new HashSet<long>();
            for (var i = start; i < end; i++)
            {
                if (seen.Contains(imageOf(order[i]))) Exchange(i, start, seen);
                seen.Add(imageOf(order[i]));
            }
        }

        return order;

        void Exchange(int i, int start, HashSet<long> seen)
        {
            for (var j = i + 1; j < Math.Min(order.Length, i + reach); j++)
            {
                if (seen.Contains(imageOf(order[j]))) continue;
                (order[i], order[j]) = (order[j], order[i]);
                return;
            }

            // Earlier steps are settled: what goes there must fit as well.
            for (var j = start - 1; j >= Math.Max(0, start - reach); j--)
            {
                var first = j / batchSize * batchSize;
                if (seen.Contains(imageOf(order[j])) || Array.FindIndex(order, first, batchSize, o => imageOf(o) == imageOf(order[i])) >= 0)
                    continue;
                (order[i], order[j]) = (order[j], order[i]);
                return;
            }
        }
    }
}
