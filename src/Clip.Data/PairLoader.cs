using System.Collections.Concurrent;
using System.Threading.Channels;
using Clip.Conversion.Initialization;
using Microsoft.ML.Clip.Inference;

namespace Clip.Data;

/// <summary>
/// Turns captioned images into batches on background threads, a few batches ahead of whoever reads them. What a batch holds
/// depends on the data, the seed and the step only, never on timing.
/// </summary>
/// <param name="records">The images and their captions.</param>
/// <param name="texts">Makes the text tower's input of the captions.</param>
/// <param name="images">Fills in a sample's pixels.</param>
/// <param name="options">How to load.</param>
internal sealed class PairLoader(
    IRecordSource records, TokenRows texts, IPixelSource images, PairLoaderOptions options)
    : IPairSource, IDisposable
{
    private const int BatchesAhead = 3;
    private static readonly TimeSpan PatienceWithReads = TimeSpan.FromSeconds(5);
    private readonly TimedRecords _records = new(records, options.ReadTimeout);
    private readonly EpochSampler _sampler = new(
        records.Parts, options.BatchSize, options.Seed, SharesImages(records) ? i => records.ImageId(i) : null);
    private readonly BadRecords _bad = Gather(records, options);
    private readonly CaptionTokens _tokens = new(texts);

    /// <summary>Pixels that came back. They are large: new ones for each batch are what the garbage collector would run for.</summary>
    private readonly ConcurrentBag<float[]> _spare = [];

    public IReadOnlyDictionary<string, string> Broken => _bad.Reasons;

    public long Count => _sampler.Count;

    public long StepsPerEpoch => _sampler.StepsPerEpoch;

    public string Fingerprint => records.Fingerprint;

    public async IAsyncEnumerable<PairBatch> ReadAsync(
        long from, long to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        _bad.ThrowIfTooMany();
        using var log = options.LogSamples is { } path ? new SampleLog(path, from) : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ready = Channel.CreateBounded<PairBatch>(BatchesAhead);
        var work = Task.Run(() => Produce(ready.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in ready.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                log?.Write(batch);
                yield return batch;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // A read that blocks cannot be ended; whoever stops the run does not wait for it.
            await Task.WhenAny(work, Task.Delay(PatienceWithReads, CancellationToken.None)).ConfigureAwait(false);
            _records.Dispose();
        }

        PairBatch Next(long step, CancellationToken token)
        {
            var (batch, epoch) = (_sampler.BatchOf(step), _sampler.EpochOf(step));
            // Of a batch that ranks share, each needs a pair; the contrast is with the others'.
            return options.Slice is { } slice
                ? Assemble(slice.Of(batch), step, epoch, atLeast: 1, batch, token)
                : Assemble(batch, step, epoch, atLeast: 2, cancellation: token);
        }

        async Task Produce(ChannelWriter<PairBatch> writer, CancellationToken token)
        {
            try
            {
                for (var step = from; step < to; step++)
                    await writer.WriteAsync(Next(step, token), token).ConfigureAwait(false);
                writer.Complete();
            }
            catch (Exception e)
            {
                // Reaches the reader at its next batch; a canceled reader no longer listens.
                writer.Complete(e);
            }
        }
    }

    public void Note(IEnumerable<KeyValuePair<string, string>> broken)
    {
        foreach (var (key, reason) in broken) _bad.Add(key, reason);
        _bad.ThrowIfTooMany();
    }

    public void Return(PairBatch batch)
    {
        // Those ahead, the one that waits for its place, and the one in work.
        if (_spare.Count < BatchesAhead + 2) _spare.Add(batch.Pixels);
    }

    public IEnumerable<PairBatch> InOrder()
    {
        try
        {
            foreach (var chunk in Enumerable.Range(0, records.Count).Chunk(options.BatchSize))
                yield return Assemble(chunk, step: 0, epoch: 0);
        }
        finally
        {
            _records.Dispose();
        }
    }

    /// <summary>Ends the threads that read; not the records.</summary>
    public void Dispose() => _records.Dispose();

    /// <summary>Makes one batch.</summary>
    /// <param name="samples">Record numbers.</param>
    /// <param name="step">The step the batch is for.</param>
    /// <param name="epoch">The epoch the batch is for.</param>
    /// <param name="atLeast">How many readable pairs it must have, where there are as many.</param>
    /// <param name="others">The whole batch, where <paramref name="samples"/> are a part of it.</param>
    /// <param name="cancellation">Leaves what is not begun.</param>
    private PairBatch Assemble(
        ReadOnlyMemory<int> samples, long step, long epoch, int atLeast = 0, ReadOnlyMemory<int> others = default,
        CancellationToken cancellation = default)
    {
        var size = images.FloatCount;
        var (drawn, pairs) = (samples.ToArray(), new Pair?[samples.Length]);
        var pixels = Rent(checked(samples.Length * size));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = cancellation };
        Parallel.For(0, drawn.Length, parallel, i => pairs[i] = TryFill(drawn[i], epoch, pixels.AsSpan(i * size, size)));
        _bad.ThrowIfTooMany();
        if (pairs.Count(pair => pair is not null) < atLeast) DrawOn(drawn, pairs, pixels, step, epoch, atLeast, others);

        var kept = PixelRows.CloseUp(pixels, size, pairs.Length, i => pairs[i] is not null);
        var (tokens, keys, captions) = (new List<int[]>(kept), new List<string>(kept), new List<string>(kept));
        for (var i = 0; i < pairs.Length; i++)
        {
            if (pairs[i] is not { } pair) continue;
            tokens.Add(pair.Ids);
            keys.Add(records.Key(drawn[i]));
            captions.Add(pair.Caption);
        }

        var length = 0;
        var ids = kept == 0 ? [] : TrainingRows.Of(texts, tokens, out length);
        if (kept < pairs.Length) pixels = pixels[..(kept * size)];
        return new PairBatch(step, kept, pixels, ids, length) { Keys = keys, Captions = captions };
    }

    private float[] Rent(int length) =>
        _spare.TryTake(out var pixels) && pixels.Length == length ? pixels : GC.AllocateUninitializedArray<float>(length);

    /// <summary>
    /// Puts other records in the places of bad ones, until the step has what it needs: a contrast is of two pairs, and a few bad records
    /// that happen to meet in a step are no reason to end a run. Which ones follows from the seed and the step.
    /// </summary>
    private void DrawOn(
        int[] drawn, Pair?[] pairs, float[] pixels, long step, long epoch, int atLeast, ReadOnlyMemory<int> others)
    {
        var size = images.FloatCount;
        var random = new SampleRandom(options.Seed, epoch, step, 2 + (options.Slice?.Rank ?? 0));
        var elsewhere = others.ToArray().Select(records.ImageId).ToHashSet();
        var shown = drawn.Where((_, i) => pairs[i] is not null).Select(records.ImageId).ToHashSet();
        for (var tries = 8L * records.Count; tries > 0 && shown.Count < Math.Min(atLeast, drawn.Length); tries--)
        {
            var candidate = random.Next(records.Count);
            var image = records.ImageId(candidate);
            if (shown.Contains(image) || elsewhere.Contains(image) || _bad.Reasons.ContainsKey(records.Key(candidate))) continue;
            var place = Array.IndexOf(pairs, null);
            drawn[place] = candidate;
            pairs[place] = TryFill(candidate, epoch, pixels.AsSpan(place * size, size));
            if (pairs[place] is not null) shown.Add(records.ImageId(candidate));
            else _bad.ThrowIfTooMany();
        }
    }

    /// <summary>Fills in a sample's pixels and gives its caption and tokens; null for a bad record.</summary>
    private Pair? TryFill(int sample, long epoch, Span<float> pixels)
    {
        try
        {
            var captions = _records.ReadCaptions(sample);
            images.Fill(_records, sample, new SampleRandom(options.Seed, epoch, sample, 0), pixels);
            var caption = Choose(captions, new SampleRandom(options.Seed, epoch, sample, 1));
            return new Pair(caption, _tokens.Of(caption));
        }
        catch (Exception e) when (ReadFault.Is(e))
        {
            _bad.Add(records.Key(sample), e.Message);
            return null;
        }
    }

    /// <summary>The text that an epoch shows, or the sentence of it. What there is no choice of draws no number.</summary>
    private string Choose(IReadOnlyList<string> captions, SampleRandom random)
    {
        var caption = options.Captions.Choose(captions, ref random);
        if (options.SampleSentences && Sentences.Of(caption) is { Length: > 1 } sentences) caption = random.Pick(sentences);
        return options.Captions.Vary(caption, ref random);
    }

    private static BadRecords Gather(IRecordSource records, PairLoaderOptions options)
    {
        var bad = new BadRecords(records.Count + records.Unusable.Count, options.MaxBadPercent, options.OnBroken);
        foreach (var (key, reason) in records.Unusable) bad.Add(key, reason);
        return bad;
    }

    private static bool SharesImages(IRecordSource records) =>
        records.Parts.Any(part => part.Factor > 1) || Enumerable.Range(0, records.Count).Any(i => records.ImageId(i) != i);

    /// <summary>What a sample shows: the caption that was drawn, and its tokens.</summary>
    private sealed record Pair(string Caption, int[] Ids);
}
