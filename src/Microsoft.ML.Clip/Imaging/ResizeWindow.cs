namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// The size an image is resized to, and the part of the result that is wanted: only that is computed, to the bits it has in the whole.
/// </summary>
internal readonly record struct ResizeWindow(int FullWidth, int FullHeight, int Left, int Top, int Width, int Height)
{
    /// <summary>The whole of the resized image.</summary>
    public static ResizeWindow Whole(int width, int height) => new(width, height, 0, 0, width, height);
}
