using System.Buffers;
using System.Collections.Concurrent;
using Clip.Conversion.Initialization;
using Clip.Data.Augmenting;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data;

/// <summary>
/// Training pixels: a random crop of the decoded image, resized and normalized with the arithmetic that inference uses, and
/// whatever else the augmentation asks for in between.
/// Decoded images are kept as long as they fit the cache, since decoding again costs more than everything else here.
/// </summary>
internal sealed class AugmentedPixels(ClipImagePreprocessing settings, Augmentation augmentation, long cacheBytes)
    : IPixelSource, IDisposable
{
    /// <summary>An eighth of the memory there is, at most 2 GiB.</summary>
    public static readonly long DefaultCacheBytes = Math.Min(2L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    private readonly Normalizer _normalizer = new(settings);
    private readonly (int Width, int Height) _size = PreprocessingChecks.FindOutputSize(settings);
    private readonly ConcurrentDictionary<long, DecodedImage> _cache = new();
    private long _cached;

    public int FloatCount => 3 * _size.Width * _size.Height;

    public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
    {
        var id = records.ImageId(record);
        if (_cache.TryGetValue(id, out var image))
        {
            Fill(image, ref random, destination);
            return;
        }

        using (var bytes = records.ReadImage(record)) image = ImageDecoder.Decode(bytes.Span, settings.MaxPixels, settings.Gray16);
        image.LayOn(settings.Background);
        Fill(image, ref random, destination);
        if (!TryKeep(id, image)) image.Dispose();
    }

    public void Dispose()
    {
        foreach (var image in _cache.Values) image.Dispose();
        _cache.Clear();
    }

    private bool TryKeep(long id, DecodedImage image)
    {
        // Once full it stays so: which images are kept matters less than never to take memory and give it back.
        if (Volatile.Read(ref _cached) + image.Pixels.Length > cacheBytes) return false;
        Interlocked.Add(ref _cached, image.Pixels.Length);
        return _cache.TryAdd(id, image);
    }

    private void Fill(DecodedImage image, ref SampleRandom random, Span<float> destination)
    {
        var (width, height) = _size;
        var (x, y, w, h) = augmentation.Crop.Draw(image.Width, image.Height, ref random);
        var rgba = ArrayPool<byte>.Shared.Rent(4 * width * height);
        try
        {
            var pixels = rgba.AsSpan(0, 4 * width * height);
            Resize(image.View.Crop(x, y, w, h), pixels, ref random);
            augmentation.Apply(pixels, width, ref random);
            _normalizer.Normalize(pixels, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    private void Resize(PixelView crop, Span<byte> pixels, ref SampleRandom random)
    {
        var window = ResizeWindow.Whole(_size.Width, _size.Height);
        // A color for all lies under the image since it was decoded, as it does at inference.
        var isTransparent = crop.Mode is PixelMode.Rgba or PixelMode.Palette;
        if (augmentation.Background is { Color: null } && isTransparent && settings.Resample != ImageResample.Nearest)
        {
            Resampler.Resize(crop, premultiply: true, window, settings.Resample, pixels, 4 * window.Width);
            PixelChanges.Compose(pixels, Background.Draw(ref random));
        }
        else
        {
            ImageResizer.ResizeToRgb(crop, window, settings.Resample, pixels, 4 * window.Width);
        }
    }
}
