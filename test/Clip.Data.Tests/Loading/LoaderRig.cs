using System.Collections.Concurrent;
using Clip.Conversion.Initialization;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Data.Tests.Loading;

/// <summary>What loaders of pairs need besides records: a vocabulary of a few words, and pixels that tell whose they are.</summary>
internal sealed class LoaderRig : IDisposable
{
    public const long Seed = 7;

    public LoaderRig()
    {
        TinyVocabulary.Save(Folder.Path);
        Texts = new TokenRows(ClipTokenizer.Create(Folder.Path), 16, new TextPadding { Id = TinyVocabulary.EndOfText });
    }

    public TempFolder Folder { get; } = new();

    public TokenRows Texts { get; }

    public PairLoader Loader(IRecordSource records, IPixelSource pixels, int batchSize, PairLoaderOptions? options = null) =>
        new(records, Texts, pixels, (options ?? new PairLoaderOptions(0, 0) { Workers = 2 }) with { BatchSize = batchSize, Seed = Seed });

    public static async Task<List<PairBatch>> ReadAsync(PairLoader loader, long from, long to)
    {
        var batches = new List<PairBatch>();
        await foreach (var batch in loader.ReadAsync(from, to)) batches.Add(batch);
        return batches;
    }

    public void Dispose() => Folder.Dispose();
}

/// <summary>Two floats a record: its number, and the first random number of the sample. Some cannot be read.</summary>
internal sealed class NumberPixels(params int[] bad) : IPixelSource
{
    /// <summary>Every record that was asked for.</summary>
    public ConcurrentQueue<int> Asked { get; } = [];

    /// <summary>What happens first.</summary>
    public Action<int> Before { get; init; } = _ => { };

    public int FloatCount => 2;

    public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
    {
        Asked.Enqueue(record);
        Before(record);
        (destination[0], destination[1]) = (record, (float)random.NextDouble());
        if (bad.Contains(record)) throw new InvalidDataException($"{record} is damaged");
    }

    /// <summary>The records of a batch, as its pixels tell.</summary>
    public static int[] Of(PairBatch batch) => [.. Enumerable.Range(0, batch.Count).Select(i => (int)batch.Pixels[2 * i])];
}
