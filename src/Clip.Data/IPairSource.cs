namespace Clip.Data;

/// <summary>
/// Captioned images as the loop sees them: batches by the number of their step. What a step holds follows from the data and the seed
/// alone, never from timing, so that an interrupted run needs no more than its step to go on.
/// </summary>
internal interface IPairSource
{
    /// <summary>Pairs in an epoch.</summary>
    long Count { get; }

    /// <summary>Steps in an epoch; at least one.</summary>
    long StepsPerEpoch { get; }

    /// <summary>Tells these pairs from others.</summary>
    string Fingerprint { get; }

    /// <summary>Images that could not be read so far, with the reason.</summary>
    IReadOnlyDictionary<string, string> Broken { get; }

    /// <summary>Takes note of records that other ranks could not read, as if they had been read here.</summary>
    /// <exception cref="ClipException">With them, more are bad than may be.</exception>
    void Note(IEnumerable<KeyValuePair<string, string>> broken)
    {
    }

    /// <summary>The batches of a range of steps, in order, made on background threads a few ahead of the reader.</summary>
    /// <param name="from">The first step, counted from 0 over the whole run.</param>
    /// <param name="to">The step to stop before.</param>
    /// <param name="cancellation">Stops the background work.</param>
    IAsyncEnumerable<PairBatch> ReadAsync(long from, long to, CancellationToken cancellation = default);

    /// <summary>Takes back a batch's pixels, of which the reader has made a tensor: a later batch is written into them.</summary>
    /// <param name="batch">One of <see cref="ReadAsync"/>; its pixels are not read any more.</param>
    void Return(PairBatch batch)
    {
    }

    /// <summary>Every pair once, in the order of the data, with the captions of epoch 0; the last batch may be smaller.</summary>
    IEnumerable<PairBatch> InOrder();
}
