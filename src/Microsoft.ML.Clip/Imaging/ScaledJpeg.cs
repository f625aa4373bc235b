namespace Microsoft.ML.Clip.Imaging;

/// <summary>JPEGs decoded at a fraction of their size, where they are shrunk further than that anyway.</summary>
internal static class ScaledJpeg
{
    /// <summary>
    /// What is left for the resampling to shrink, at least. The scaled transform averages blocks of pixels, which is not the filter asked
    /// for: the more the filter has left to do, the less that shows.
    /// </summary>
    private const double Margin = 1.5;

    private static readonly int[] Divisors = [8, 4, 2];

    /// <summary>Decodes at the smallest size that will do; null where that is the full one, or the file is none of this kind.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, cut short, or has too many pixels.</exception>
    public static DecodedImage? TryDecode(ReadOnlySpan<byte> encoded, ClipImagePreprocessing settings, int orientation)
    {
        if (settings.Resample == ImageResample.Nearest || !JpegSegment.IsJpeg(encoded) || CmykJpeg.IsCmyk(encoded)) return null;
        return ImageDecoder.TryDecodeReduced(
            encoded, settings.MaxPixels, (width, height) => FindDivisor(settings, orientation, width, height));
    }

    private static int FindDivisor(ClipImagePreprocessing settings, int orientation, int width, int height)
    {
        if (orientation >= 5) (width, height) = (height, width);
        var window = CropPlacement.FindResizedSize(settings, width, height);
        var shrinking = Math.Min((double)width / window.Width, (double)height / window.Height);
        return Divisors.FirstOrDefault(divisor => shrinking >= Margin * divisor, defaultValue: 1);
    }
}
