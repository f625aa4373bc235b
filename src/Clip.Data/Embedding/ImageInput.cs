using System.Numerics.Tensors;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Inference;

namespace Clip.Data.Embedding;

/// <summary>Pictures of a source: a batch is read and decoded while the model runs on the one before.</summary>
/// <param name="records">The pictures; not disposed.</param>
/// <param name="model">The model; not disposed.</param>
/// <param name="options">How to embed.</param>
internal sealed class ImageInput(IRecordSource records, ClipModel model, EmbeddingOptions options) : IEmbeddingInput
{
    private readonly ImageTower _tower = model.ImageTower;

    public string Kind => "images";

    public int Count => records.Count;

    public string Fingerprint => records.Fingerprint;

    public int Dimension => _tower.Dimension;

    public bool HasTexts => false;

    public IEnumerable<EmbeddingRows> Embed(int first, int end, Action<string, string> bad, CancellationToken cancellation)
    {
        using var timed = new TimedRecords(records, options.Reading.ReadTimeout);
        var rows = _tower.RowsFor(options.BatchSize);
        var (now, next) = (NewBatch(rows), NewBatch(rows));
        var values = new float[rows * Dimension];
        var preparing = Begin(now, first);
        for (var start = first; start < end; start += options.BatchSize)
        {
            preparing.GetAwaiter().GetResult();
            cancellation.ThrowIfCancellationRequested();
            preparing = Begin(next, start + options.BatchSize);
            var count = now.Ids.Count;
            if (count > 0) _tower.Run(now.Pixels, count, values);
            yield return Finite(now.Ids, values.AsMemory(0, count * Dimension), bad);
            (now, next) = (next, now);
        }

        Task Begin(Batch batch, int start) => Task.Run(
            () => batch.Fill(
                start, Math.Min(end, start + options.BatchSize), timed, _tower.Preprocessor, options.Reading.Workers, bad),
            cancellation);
    }

    private Batch NewBatch(int rows) => new(new float[rows * _tower.Preprocessor.FloatCount]);

    /// <summary>Of length 1 where that is asked for; those that are no numbers are bad.</summary>
    private EmbeddingRows Finite(List<string> ids, Memory<float> values, Action<string, string> bad)
    {
        var (kept, good) = (0, new List<string>(ids.Count));
        for (var i = 0; i < ids.Count; i++)
        {
            var row = values.Span.Slice(i * Dimension, Dimension);
            if (!float.IsFinite(TensorPrimitives.SumOfSquares<float>(row)))
            {
                bad(ids[i], "its embedding is not finite");
                continue;
            }

            if (options.Normalize) EmbeddingMath.Normalize(row);
            row.CopyTo(values.Span[(kept++ * Dimension)..]);
            good.Add(ids[i]);
        }

        return new EmbeddingRows(good, values[..(kept * Dimension)]);
    }

    /// <summary>Pictures that are ready for the model.</summary>
    private sealed class Batch(float[] pixels)
    {
        public Memory<float> Pixels => pixels;

        /// <summary>Those that could be read.</summary>
        public List<string> Ids { get; } = [];

        public void Fill(
            int start, int end, TimedRecords records, ClipImagePreprocessor preprocessor, int workers, Action<string, string> bad)
        {
            Ids.Clear();
            if (start >= end) return;
            var (size, isGood) = (preprocessor.FloatCount, new bool[end - start]);
            Parallel.For(0, isGood.Length, new ParallelOptions { MaxDegreeOfParallelism = workers }, i =>
            {
                try
                {
                    using var bytes = records.ReadImage(start + i);
                    preprocessor.Preprocess(bytes.Span, pixels.AsSpan(i * size, size));
                    isGood[i] = true;
                }
                catch (Exception e) when (ReadFault.Is(e))
                {
                    bad(records.Key(start + i), e.Message);
                }
            });
            PixelRows.CloseUp(pixels, size, isGood.Length, i => isGood[i]);
            Ids.AddRange(Enumerable.Range(0, isGood.Length).Where(i => isGood[i]).Select(i => records.Key(start + i)));
        }
    }
}
