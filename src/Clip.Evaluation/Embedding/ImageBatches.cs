using Clip.Data;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;

namespace Clip.Evaluation.Embedding;

/// <summary>Runs an image tower over pictures a batch at a time, while the next batch is read and prepared.</summary>
/// <param name="tower">The tower.</param>
/// <param name="batchSize">Pictures at once.</param>
/// <param name="views">The views of a picture whose embeddings are averaged.</param>
internal sealed class ImageBatches(ImageTower tower, int batchSize, ClipImageViews views)
{
    private readonly int _views = ImageViews.Count(views);
    private readonly int _size = ImageViews.Count(views) * tower.Preprocessor.FloatCount;

    /// <summary>Whether an exception tells of a picture that cannot be read.</summary>
    public static bool IsUnreadable(Exception e) =>
        ReadFault.Is(e) || e is ArgumentException;

    /// <summary>Gives each picture's normalized embedding, or why there is none, in order.</summary>
    /// <exception cref="OperationCanceledException">It was canceled, perhaps while a picture's file blocked.</exception>
    public IEnumerable<(int Index, float[]? Row, string? Reason)> Embed(IReadOnlyList<StoredImage> images, CancellationToken cancellation)
    {
        var rows = tower.RowsFor(Math.Min(batchSize, images.Count) * _views);
        var length = rows * tower.Preprocessor.FloatCount;
        float[][] pixels = [new float[length], new float[length]];
        var features = new float[rows * tower.Dimension];
        var next = Task.Run(() => Prepare(images, 0, pixels[0]), CancellationToken.None);
        for (var start = 0; start < images.Count; start += batchSize)
        {
            var (batch, ahead) = (start / batchSize, start + batchSize);
            var running = next;
            // Not waited for where it hangs: see Interruptible.
            var reasons = Interruptible.Run(() => running.GetAwaiter().GetResult(), cancellation);
            if (ahead < images.Count) next = Task.Run(() => Prepare(images, ahead, pixels[(batch + 1) % 2]), CancellationToken.None);
            var readable = reasons.Count(reason => reason is null);
            if (readable > 0) tower.Run(pixels[batch % 2], readable * _views, features);
            if (_views > 1) EmbeddingMath.AverageRows(features.AsSpan(0, readable * _views * tower.Dimension), tower.Dimension, _views);
            for (var (i, place) = (0, 0); i < reasons.Length; i++)
            {
                if (reasons[i] is { } reason)
                {
                    yield return (start + i, null, reason);
                    continue;
                }

                var row = features.AsSpan(place++ * tower.Dimension, tower.Dimension).ToArray();
                EmbeddingMath.Normalize(row);
                yield return (start + i, row, null);
            }
        }
    }

    /// <summary>Fills in a batch's pixels, those that can be read one behind the other; gives what is wrong with each.</summary>
    private string?[] Prepare(IReadOnlyList<StoredImage> images, int start, float[] pixels)
    {
        var reasons = new string?[Math.Min(batchSize, images.Count - start)];
        Parallel.For(0, reasons.Length, i =>
        {
            try
            {
                var image = images[start + i];
                var to = pixels.AsSpan(i * _size, _size);
                var first = to[..tower.Preprocessor.FloatCount];
                if (image.Content is null) ImageFile.Prepare(tower.Preprocessor, image.ImagePath, first);
                else tower.Preprocessor.Preprocess(image.Read(), first);
                ImageViews.Fill(views, tower.Preprocessor.Height, tower.Preprocessor.Width, to);
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                reasons[i] = e.Message;
            }
        });
        PixelRows.CloseUp(pixels, _size, reasons.Length, i => reasons[i] is null);
        return reasons;
    }
}
