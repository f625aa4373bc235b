using System.Buffers;
using System.Collections.Concurrent;
using Clip.Trainer.Data.Augmenting;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Trainer.Data;

/// <summary>
/// Training pixels: a random crop of the decoded image, resized and normalised with the arithmetic that inference uses, and
/// whatever else the augmentation asks for in between.
/// Decoded images are kept as long as they fit the cache, since decoding again costs more than everything else here.
/// </summary>
internal sealed class AugmentedPixels(ClipImagePreprocessing settings, Augmentation augmentation, long cacheBytes) : IPixelSource, IDisposable
{
    private readonly Normalizer _normalizer = new(settings);
    private readonly ConcurrentDictionary<string, DecodedImage> _cache = new();
    private long _cached;

    public int FloatCount => 3 * settings.CropWidth * settings.CropHeight;

    public void Fill(string path, SampleRandom random, Span<float> destination)
    {
        if (_cache.TryGetValue(path, out var image))
        {
            Fill(image, ref random, destination);
            return;
        }

        image = ImageDecoder.Decode(File.ReadAllBytes(path), settings.MaxPixels, settings.Gray16);
        image.LayOn(settings.Background);
        Fill(image, ref random, destination);
        var kept = Interlocked.Add(ref _cached, image.Pixels.Length) <= cacheBytes && _cache.TryAdd(path, image);
        if (!kept) image.Dispose();
    }

    public void Dispose()
    {
        foreach (var image in _cache.Values) image.Dispose();
        _cache.Clear();
    }

    private void Fill(DecodedImage image, ref SampleRandom random, Span<float> destination)
    {
        var (width, height) = (settings.CropWidth, settings.CropHeight);
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
        var window = ResizeWindow.Whole(settings.CropWidth, settings.CropHeight);
        if (augmentation.Background is { } background && (crop.Mode is PixelMode.Rgba or PixelMode.Palette) && settings.Resample != ImageResample.Nearest)
        {
            Resampler.Resize(crop, premultiply: true, window, settings.Resample, pixels, 4 * window.Width);
            PixelChanges.Compose(pixels, background.Draw(ref random));
        }
        else
        {
            ImageResizer.ResizeToRgb(crop, window, settings.Resample, pixels, 4 * window.Width);
        }
    }
}
