namespace Clip.Trainer.Data;

/// <summary>
/// Which samples make up which step. The order of an epoch depends on the seed and the epoch alone, so any step can be asked
/// for at once: a resumed run goes on where it stopped without replaying what came before.
/// </summary>
/// <param name="Count">How many samples there are.</param>
/// <param name="BatchSize">Samples a step; what does not fill a batch is left out of that epoch, another part each time.</param>
/// <param name="Seed">The run's seed.</param>
public sealed record EpochSampler(int Count, int BatchSize, long Seed)
{
    private (long Epoch, int[] Order) _latest = (-1, []);

    /// <summary>Steps in an epoch; at least one.</summary>
    public long StepsPerEpoch => Math.Max(1, Count / BatchSize);

    /// <summary>The epoch a step belongs to.</summary>
    public long EpochOf(long step) => step / StepsPerEpoch;

    /// <summary>The samples of a step.</summary>
    public ReadOnlyMemory<int> BatchOf(long step)
    {
        var epoch = EpochOf(step);
        if (_latest.Epoch != epoch)
        {
            var order = Enumerable.Range(0, Count).ToArray();
            var random = new SampleRandom(Seed, epoch);
            random.Shuffle(order.AsSpan());
            _latest = (epoch, order);
        }

        var start = (int)(step % StepsPerEpoch) * BatchSize;
        return _latest.Order.AsMemory(start, Math.Min(BatchSize, Count - start));
    }
}
