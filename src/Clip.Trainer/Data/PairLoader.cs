using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Data;

/// <summary>
/// Turns captioned images into batches on background threads, a few batches ahead of whoever reads them. What a batch holds
/// depends on the seed and the step only, never on timing.
/// </summary>
/// <param name="rows">The images and their captions.</param>
/// <param name="tokenizer">Makes token ids of the captions.</param>
/// <param name="contextLength">The most tokens of a text; longer ones are cut.</param>
/// <param name="images">Fills in a sample's pixels.</param>
/// <param name="batchSize">Pairs a step.</param>
/// <param name="seed">Decides the order, and which of several captions an epoch shows.</param>
internal sealed class PairLoader(
    IReadOnlyList<CaptionedImage> rows, ClipTokenizer tokenizer, int contextLength, IPixelSource images, int batchSize, long seed) : IPairSource
{
    private const int BatchesAhead = 3;
    private readonly ConcurrentDictionary<string, string> _broken = new();
    private readonly EpochSampler _sampler = new(rows.Count, batchSize, seed);
    private readonly int[][][] _ids = [.. rows.Select(row => row.Captions.Select(c => tokenizer.Encode(c, contextLength)).ToArray())];

    public IReadOnlyDictionary<string, string> Broken => _broken;

    /// <summary>Called once for every image that cannot be read, with its path and the reason; from any thread.</summary>
    public Action<string, string>? OnBroken { get; init; }

    public long Count => rows.Count;

    public long StepsPerEpoch => _sampler.StepsPerEpoch;

    /// <summary>Tells these pairs from others: their number, and a hash of the images' names and the captions.</summary>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var row in rows) hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(row.Path)}\t{string.Join('\t', row.Captions)}\n"));
            return $"{rows.Count} pairs {Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";
        }
    }

    public async IAsyncEnumerable<PairBatch> ReadAsync(
        long from, long to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ready = Channel.CreateBounded<PairBatch>(BatchesAhead);
        var work = Task.Run(() => Produce(ready.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in ready.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return batch;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }

        async Task Produce(ChannelWriter<PairBatch> writer, CancellationToken token)
        {
            try
            {
                for (var step = from; step < to; step++)
                    await writer.WriteAsync(Assemble(_sampler.BatchOf(step), step, _sampler.EpochOf(step)), token).ConfigureAwait(false);
                writer.Complete();
            }
            catch (Exception e)
            {
                // Reaches the reader at its next batch; a cancelled reader no longer listens.
                writer.Complete(e);
            }
        }
    }

    public IEnumerable<PairBatch> InOrder() => Enumerable.Range(0, rows.Count).Chunk(batchSize).Select(chunk => Assemble(chunk, step: 0, epoch: 0));

    /// <summary>Makes one batch.</summary>
    /// <param name="samples">Row numbers.</param>
    /// <param name="step">The step the batch is for.</param>
    /// <param name="epoch">The epoch the batch is for.</param>
    private PairBatch Assemble(ReadOnlyMemory<int> samples, long step, long epoch)
    {
        var size = images.FloatCount;
        var pixels = new float[(long)samples.Length * size];
        var readable = new bool[samples.Length];
        Parallel.For(0, samples.Length, i => readable[i] = TryFill(samples.Span[i], epoch, pixels.AsSpan(i * size, size)));

        var kept = 0;
        var texts = new List<int[]>(samples.Length);
        for (var i = 0; i < samples.Length; i++)
        {
            if (!readable[i]) continue;
            if (kept != i) pixels.AsSpan(i * size, size).CopyTo(pixels.AsSpan(kept * size));
            var captions = _ids[samples.Span[i]];
            texts.Add(captions[captions.Length == 1 ? 0 : new SampleRandom(seed, epoch, samples.Span[i], 1).Next(captions.Length)]);
            kept++;
        }

        var length = texts.Count == 0 ? 0 : texts.Max(t => t.Length);
        var ids = new long[kept * length];
        for (var i = 0; i < kept; i++)
        {
            for (var j = 0; j < texts[i].Length; j++) ids[i * length + j] = texts[i][j];
        }

        return new PairBatch(step, kept, kept == samples.Length ? pixels : pixels[..(kept * size)], ids, length);
    }

    private bool TryFill(int sample, long epoch, Span<float> pixels)
    {
        var path = rows[sample].Path;
        try
        {
            images.Fill(path, new SampleRandom(seed, epoch, sample, 0), pixels);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            if (_broken.TryAdd(path, e.Message)) OnBroken?.Invoke(path, e.Message);
            return false;
        }
    }
}
