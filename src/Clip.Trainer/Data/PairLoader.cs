using System.Threading.Channels;
using Clip.Conversion.Initialization;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Data;

/// <summary>
/// Turns captioned images into batches on background threads, a few batches ahead of whoever reads them. What a batch holds
/// depends on the data, the seed and the step only, never on timing.
/// </summary>
/// <param name="records">The images and their captions.</param>
/// <param name="tokenizer">Makes token ids of the captions.</param>
/// <param name="contextLength">The most tokens of a text; longer ones are cut.</param>
/// <param name="images">Fills in a sample's pixels.</param>
/// <param name="options">How to load.</param>
internal sealed class PairLoader(
    IRecordSource records, ClipTokenizer tokenizer, int contextLength, IPixelSource images, PairLoaderOptions options) : IPairSource
{
    private const int BatchesAhead = 3;
    private static readonly TimeSpan PatienceWithReads = TimeSpan.FromSeconds(5);
    private readonly EpochSampler _sampler = new(records.Parts, options.BatchSize, options.Seed);
    private readonly BadRecords _bad = Gather(records, options);
    private readonly CaptionTokens _tokens = new(tokenizer, contextLength);

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
        }

        async Task Produce(ChannelWriter<PairBatch> writer, CancellationToken token)
        {
            try
            {
                for (var step = from; step < to; step++)
                {
                    await writer.WriteAsync(Assemble(_sampler.BatchOf(step), step, _sampler.EpochOf(step), token), token)
                        .ConfigureAwait(false);
                }

                writer.Complete();
            }
            catch (Exception e)
            {
                // Reaches the reader at its next batch; a cancelled reader no longer listens.
                writer.Complete(e);
            }
        }
    }

    public IEnumerable<PairBatch> InOrder() => Enumerable.Range(0, records.Count)
        .Chunk(options.BatchSize)
        .Select(chunk => Assemble(chunk, step: 0, epoch: 0));

    /// <summary>Makes one batch.</summary>
    /// <param name="samples">Record numbers.</param>
    /// <param name="step">The step the batch is for.</param>
    /// <param name="epoch">The epoch the batch is for.</param>
    /// <param name="cancellation">Leaves what is not begun.</param>
    private PairBatch Assemble(ReadOnlyMemory<int> samples, long step, long epoch, CancellationToken cancellation = default)
    {
        var size = images.FloatCount;
        var pixels = GC.AllocateUninitializedArray<float>(checked(samples.Length * size));
        var texts = new int[]?[samples.Length];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = cancellation };
        Parallel.For(0, samples.Length, parallel, i => texts[i] = TryFill(samples.Span[i], epoch, pixels.AsSpan(i * size, size)));
        _bad.ThrowIfTooMany();

        var (kept, length) = (0, texts.Max(text => text?.Length ?? 0));
        var ids = new long[samples.Length * length];
        var keys = new List<string>(samples.Length);
        for (var i = 0; i < samples.Length; i++)
        {
            if (texts[i] is not { } text) continue;
            if (kept != i) pixels.AsSpan(i * size, size).CopyTo(pixels.AsSpan(kept * size));
            for (var j = 0; j < text.Length; j++) ids[(kept * length) + j] = text[j];
            keys.Add(records.Key(samples.Span[i]));
            kept++;
        }

        return kept == samples.Length
            ? new PairBatch(step, kept, pixels, ids, length) { Keys = keys }
            : new PairBatch(step, kept, pixels[..(kept * size)], ids[..(kept * length)], length) { Keys = keys };
    }

    /// <summary>Fills in a sample's pixels and gives its caption's tokens; null for a bad record.</summary>
    private int[]? TryFill(int sample, long epoch, Span<float> pixels)
    {
        try
        {
            var captions = records.ReadCaptions(sample);
            images.Fill(records, sample, new SampleRandom(options.Seed, epoch, sample, 0), pixels);
            return _tokens.Of(Choose(captions, new SampleRandom(options.Seed, epoch, sample, 1)));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _bad.Add(records.Key(sample), e.Message);
            return null;
        }
    }

    /// <summary>The caption that an epoch shows, or the sentence of it. What there is no choice of draws no number.</summary>
    private string Choose(IReadOnlyList<string> captions, SampleRandom random)
    {
        var caption = captions.Count == 1 ? captions[0] : captions[random.Next(captions.Count)];
        if (!options.SampleSentences) return caption;
        var sentences = Sentences.Of(caption);
        return sentences.Length == 1 ? caption : sentences[random.Next(sentences.Length)];
    }

    private static BadRecords Gather(IRecordSource records, PairLoaderOptions options)
    {
        var bad = new BadRecords(records.Count + records.Unusable.Count, options.MaxBadPercent, options.OnBroken);
        foreach (var (key, reason) in records.Unusable) bad.Add(key, reason);
        return bad;
    }
}
