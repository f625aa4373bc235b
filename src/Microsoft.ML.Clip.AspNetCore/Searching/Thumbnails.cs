using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;
using SkiaSharp;

namespace Microsoft.ML.Clip.AspNetCore.Searching;

/// <summary>
/// Pictures of the index as they are shown: decoded by the library's own decoder, upright, no larger than asked for, and encoded anew, so
/// that neither a file that is no picture nor what a camera wrote into one (where it was taken) leaves the machine.
/// </summary>
internal sealed class Thumbnails(ClipServerOptions options) : IDisposable
{
    private const int Quality = 85;

    // Each may take the memory of a large picture.
    private readonly SemaphoreSlim _decoders = new(Environment.ProcessorCount);

    /// <summary>A picture as WebP.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="size">The longer side, in pixels; smaller pictures stay as they are.</param>
    /// <param name="cancellation">Stops it before it has begun.</param>
    /// <exception cref="ApiException">The file is gone, or no picture any more.</exception>
    public async Task<byte[]> WebPAsync(string path, int size, CancellationToken cancellation)
    {
        await _decoders.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Encode(path, size), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw PictureIndex.Gone();
        }
        finally
        {
            _decoders.Release();
        }
    }

    public void Dispose() => _decoders.Dispose();

    private unsafe byte[] Encode(string path, int size)
    {
        var encoded = RegularFile.ReadAllBytes(path, RegularFile.MaxImage);
        var decoded = ImageDecoder.Decode(encoded, options.MaxPixels, Gray16Conversion.Scale);
        using var image = ExifOrientation.Apply(decoded, ExifOrientation.Find(encoded));
        var hasAlpha = image.Mode is PixelMode.Rgba or PixelMode.RgbaPremultiplied;
        if (!hasAlpha) image.ConvertToRgb();
        var alpha = image.Mode switch
        {
            PixelMode.Rgba => SKAlphaType.Unpremul,
            PixelMode.RgbaPremultiplied => SKAlphaType.Premul,
            _ => SKAlphaType.Opaque,
        };
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, alpha));
        image.Pixels.CopyTo(new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount));
        var scale = Math.Min(1.0, (double)size / Math.Max(image.Width, image.Height));
        var target = bitmap.Info.WithSize(
            Math.Max(1, (int)Math.Round(scale * image.Width)), Math.Max(1, (int)Math.Round(scale * image.Height)));
        using var resized = scale < 1 ? bitmap.Resize(target, SKFilterQuality.Medium) : null;
        using var webP = (resized ?? bitmap).Encode(SKEncodedImageFormat.Webp, Quality)
            ?? throw new InvalidDataException("The picture cannot be encoded.");
        return webP.ToArray();
    }
}
