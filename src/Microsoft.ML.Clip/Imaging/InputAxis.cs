namespace Microsoft.ML.Clip.Imaging;

/// <summary>One axis of what is resized: the pixels that are there, and the part of them to be spread over the output.</summary>
/// <param name="Size">Pixels in.</param>
/// <param name="Start">Where the part begins, 0 for all of it.</param>
/// <param name="Extent">How long it is, in pixels and fractions of one.</param>
internal readonly record struct InputAxis(int Size, double Start, double Extent)
{
    public static InputAxis Whole(int size) => new(size, 0, size);
}
