namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// What of a picture that was decoded at a fraction of its size is the picture: where its sides are not a multiple of the divisor, the
/// last column and row show less than a whole pixel of it.
/// </summary>
/// <param name="FullWidth">The picture's own width.</param>
/// <param name="FullHeight">The picture's own height.</param>
/// <param name="X">Where it begins in the decoded pixels.</param>
/// <param name="Y">Where it begins in the decoded pixels.</param>
/// <param name="Width">How many decoded pixels it is wide.</param>
/// <param name="Height">How many decoded pixels it is high.</param>
internal sealed record ReducedSize(int FullWidth, int FullHeight, double X, double Y, double Width, double Height)
{
    public static ReducedSize By(int divisor, int fullWidth, int fullHeight) =>
        new(fullWidth, fullHeight, 0, 0, (double)fullWidth / divisor, (double)fullHeight / divisor);

    /// <summary>The same, of pixels turned upright as <see cref="ExifOrientation"/> turns them.</summary>
    /// <param name="orientation">EXIF's number.</param>
    /// <param name="width">The width of the pixels before they are turned.</param>
    /// <param name="height">Their height.</param>
    public ReducedSize Turned(int orientation, int width, int height)
    {
        var (right, bottom) = (width - X - Width, height - Y - Height);
        var (x, y) = orientation switch
        {
            2 => (right, Y),
            3 => (right, bottom),
            4 => (X, bottom),
            5 => (Y, X),
            6 => (bottom, X),
            7 => (bottom, right),
            8 => (Y, right),
            _ => (X, Y),
        };
        return orientation >= 5 ? new(FullHeight, FullWidth, x, y, Height, Width) : this with { X = x, Y = y };
    }
}
