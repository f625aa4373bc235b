namespace Microsoft.ML.Clip.Imaging;

/// <summary>Which part of the resized image is wanted, and where in the output it goes when the image is smaller than the crop.</summary>
/// <param name="Window">The resized size and the part of it that the output shows.</param>
/// <param name="OffsetX">Pixels of padding on the left.</param>
/// <param name="OffsetY">Pixels of padding at the top.</param>
/// <param name="LeavesMargin">Whether there is padding at all.</param>
internal readonly record struct CropPlacement(ResizeWindow Window, int OffsetX, int OffsetY, bool LeavesMargin)
{
    /// <summary>Places an image of <paramref name="width"/> × <paramref name="height"/> in an output of the given size.</summary>
    /// <exception cref="InvalidDataException">Resized, the image would be longer than 2³¹ pixels.</exception>
    public static CropPlacement Find(ClipImagePreprocessing settings, int width, int height, int outputWidth, int outputHeight)
    {
        var (fullWidth, fullHeight) = FindResizedSize(settings, width, height);
        var (left, offsetX, visibleWidth) = Place(fullWidth, outputWidth, settings.Order);
        var (top, offsetY, visibleHeight) = Place(fullHeight, outputHeight, settings.Order);
        return new(
            new(fullWidth, fullHeight, left, top, visibleWidth, visibleHeight),
            offsetX,
            offsetY,
            visibleWidth < outputWidth || visibleHeight < outputHeight);
    }

    /// <summary>torchvision's and Hugging Face's rule alike: the longer side is int(edge · long / short).</summary>
    public static (int Width, int Height) FindResizedSize(ClipImagePreprocessing settings, int width, int height)
    {
        if (!settings.DoResize) return (width, height);
        if (settings.ShortestEdge is not { } edge) return (settings.ResizeWidth!.Value, settings.ResizeHeight!.Value);
        var longer = (long)edge * Math.Max(width, height) / Math.Min(width, height);
        if (longer > int.MaxValue)
        {
            throw new InvalidDataException($"The image ({width} × {height} pixels) is too narrow for a shortest edge of {edge}.");
        }

        return width <= height ? (edge, (int)longer) : ((int)longer, edge);
    }

    private static (int Start, int Padding, int Length) Place(int full, int output, PreprocessingOrder order)
    {
        var difference = full - output;
        if (difference >= 0)
        {
            var start = order == PreprocessingOrder.Original ? RoundHalfToEven(difference) : difference / 2;
            return (start, 0, output);
        }

        // torchvision pads less on the left when the difference is odd, Hugging Face more.
        return (0, order == PreprocessingOrder.Original ? -difference / 2 : (1 - difference) / 2, full);
    }

    private static int RoundHalfToEven(int difference) => (int)Math.Round(difference / 2.0, MidpointRounding.ToEven);
}
