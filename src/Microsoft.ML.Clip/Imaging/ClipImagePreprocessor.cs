using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// Turns images into a CLIP image tower's input: float32, channels first, to the bit what the reference implementations give (Pillow and
/// torchvision, or Hugging Face's <c>CLIPImageProcessor</c>). Thread-safe; pixels live in pooled memory.
/// </summary>
public sealed class ClipImagePreprocessor
{
    private readonly Normalizer _normalizer;

    private ClipImagePreprocessor(ClipImagePreprocessing settings, int width, int height)
    {
        (Settings, Width, Height) = (settings, width, height);
        FloatCount = checked(3 * width * height);
        _normalizer = new(settings);
    }

    /// <summary>The settings this follows.</summary>
    public ClipImagePreprocessing Settings { get; }

    /// <summary>The width of the output, in pixels.</summary>
    public int Width { get; }

    /// <summary>The height of the output, in pixels.</summary>
    public int Height { get; }

    /// <summary>The floats of one image: 3 × <see cref="Height"/> × <see cref="Width"/>.</summary>
    public int FloatCount { get; }

    /// <summary>Makes a preprocessor.</summary>
    /// <param name="settings">What to do.</param>
    /// <exception cref="ArgumentException">The settings contradict each other or do not fix the size of the output.</exception>
    public static ClipImagePreprocessor Create(ClipImagePreprocessing settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var (width, height) = PreprocessingChecks.FindOutputSize(settings);
        return new(settings, width, height);
    }

    /// <summary>Decodes and preprocesses one image file.</summary>
    /// <param name="encoded">The whole file: JPEG, PNG, GIF (its first frame), WebP, BMP or PPM.</param>
    /// <param name="destination">Receives <see cref="FloatCount"/> floats: the red plane, then green, then blue, each row by row.</param>
    /// <exception cref="InvalidDataException">The bytes are no image, are damaged or cut short, or the image has more pixels than
    /// <see cref="ClipImagePreprocessing.MaxPixels"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    /// <remarks>
    /// Colour profiles are ignored, as in the reference, and so is orientation in EXIF, unless
    /// <see cref="ClipImagePreprocessing.ApplyExifOrientation"/> is set. CMYK JPEGs with arithmetic coding go through Skia's
    /// conversion before they are resized, and may differ by some dozens in a byte where the inks change steeply.
    /// </remarks>
    public void Preprocess(ReadOnlySpan<byte> encoded, Span<float> destination)
    {
        CheckLength(destination);
        var orientation = Settings.ApplyExifOrientation ? ExifOrientation.Find(encoded) : ExifOrientation.Upright;
        var decoded = (Settings.Decode == ImageDecoding.Scaled ? ScaledJpeg.TryDecode(encoded, Settings, orientation) : null)
            ?? ImageDecoder.Decode(encoded, Settings.MaxPixels, Settings.Gray16);
        using var image = ExifOrientation.Apply(decoded, orientation);
        image.LayOn(Settings.Background);
        if (Settings.Order == PreprocessingOrder.HuggingFace) image.ConvertToRgb();
        Preprocess(image.View, isBgr: false, destination);
    }

    /// <summary>Preprocesses an image that ML.NET has decoded.</summary>
    /// <param name="image">The image, 4 bytes a pixel.</param>
    /// <param name="destination">Receives <see cref="FloatCount"/> floats: the red plane, then green, then blue, each row by row.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short, or the image has an unknown pixel
    /// format.</exception>
    /// <remarks>
    /// What ML.NET's decoder dropped is gone: palette images are resized with the filter, not by nearest, CMYK and 16-bit grey are Skia's
    /// RGB, and colours under full transparency are black. Partly transparent pixels are taken as premultiplied, as ML.NET decodes them,
    /// which gives the reference's bits when the image is resized in <see cref="PreprocessingOrder.Original"/>; otherwise their colours
    /// are the coarser the lower the alpha. For exactness on every format, hand in the file's bytes.
    /// </remarks>
    public void Preprocess(MLImage image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        Preprocess(image.Pixels, image.Width, image.Height, image.PixelFormat, destination);
    }

    /// <summary>Preprocesses the pixels of an <see cref="MLImage"/>; <paramref name="pixels"/> may be longer.</summary>
    internal void Preprocess(ReadOnlySpan<byte> pixels, int width, int height, MLPixelFormat format, Span<float> destination)
    {
        CheckLength(destination);
        if (format is not (MLPixelFormat.Bgra32 or MLPixelFormat.Rgba32))
            throw new ArgumentException($"The image's pixel format is {format}; it must be Bgra32 or Rgba32.", nameof(format));
        pixels = pixels[..(4 * width * height)];
        var isBgr = format == MLPixelFormat.Bgra32;
        var mode = PixelConversion.IsOpaque(pixels) ? PixelMode.Rgb : PixelMode.RgbaPremultiplied;
        var view = new PixelView(pixels, 4 * width, width, height, mode);
        if (mode != PixelMode.Rgb && (Settings.Order == PreprocessingOrder.HuggingFace || Settings.Background is not null))
        {
            using var copy = new DecodedImage(width, height, mode);
            view.Pixels[..copy.Pixels.Length].CopyTo(copy.Pixels);
            if (isBgr && Settings.Background is not null)
            {
                // The background is told as red, green and blue.
                PixelConversion.SwapRedAndBlue(copy.Pixels);
                isBgr = false;
            }

            copy.LayOn(Settings.Background);
            copy.ConvertToRgb();
            Preprocess(copy.View, isBgr, destination);
            return;
        }

        Preprocess(view, isBgr, destination);
    }

    private void Preprocess(PixelView source, bool isBgr, Span<float> destination)
    {
        var (fullWidth, fullHeight) = source.Reduced is { } part ? (part.FullWidth, part.FullHeight) : (source.Width, source.Height);
        var placement = CropPlacement.Find(Settings, fullWidth, fullHeight, Width, Height);
        var stride = 4 * Width;
        var rented = ArrayPool<byte>.Shared.Rent(stride * Height);
        try
        {
            var pixels = rented.AsSpan(0, stride * Height);
            if (placement.LeavesMargin)
            {
                // The reference pads with zeros before it converts to RGB: no ink is white, index 0 has its palette's color.
                MemoryMarshal.Cast<byte, uint>(pixels).Fill(source.Mode == PixelMode.Cmyk ? uint.MaxValue : source.Outside);
            }

            var start = (placement.OffsetY * stride) + (4 * placement.OffsetX);
            ImageResizer.ResizeToRgb(source, placement.Window, Settings.Resample, pixels[start..], stride);
            if (isBgr) PixelConversion.SwapRedAndBlue(pixels);
            _normalizer.Normalize(pixels, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void CheckLength(Span<float> destination)
    {
        if (destination.Length < FloatCount)
        {
            throw new ArgumentException(
                $"The destination has room for {destination.Length} floats; {FloatCount} are needed (3 × {Height} × {Width}).",
                nameof(destination));
        }
    }
}
