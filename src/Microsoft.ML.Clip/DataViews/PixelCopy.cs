using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>
/// An image's pixels, taken when its row is read. The image itself cannot be kept: its producer disposes it with the next row, which is
/// not the variable's matter alone, for a step may hand on its source's image (ML.NET's <c>ResizeImages</c>, where the size fits already).
/// Nor is it ours to dispose, since it may be the user's.
/// </summary>
internal struct PixelCopy
{
    private byte[]? _pixels;
    private int _length;
    private int _width;
    private int _height;
    private MLPixelFormat _format;
    private string? _tag;

    public bool IsEmpty { get; private set; } = true;

    public PixelCopy()
    {
    }

    /// <summary>Takes the pixels of an image, or that there is none, into the memory of the one before.</summary>
    public void Read(MLImage? image)
    {
        IsEmpty = image is null;
        if (image is null) return;
        (_width, _height, _format, _tag) = (image.Width, image.Height, image.PixelFormat, image.Tag);
        var pixels = image.Pixels;
        if (_pixels is null || _pixels.Length < pixels.Length) _pixels = GC.AllocateUninitializedArray<byte>(pixels.Length);
        pixels.CopyTo(_pixels);
        _length = pixels.Length;
    }

    public readonly void Prepare(ClipImagePreprocessor preprocessor, Span<float> destination) =>
        preprocessor.Preprocess(_pixels, _width, _height, _format, destination);

    /// <summary>An image of these pixels, which is the caller's to dispose; null where there was none.</summary>
    public readonly MLImage? ToImage()
    {
        if (IsEmpty) return null;
        var image = MLImage.CreateFromPixels(_width, _height, _format, _pixels.AsSpan(0, _length));
        image.Tag = _tag;
        return image;
    }
}
