namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Palettes as Pillow has them: always 256 colors, of which a file sets the first; the others are the grey of their number. Decoders
/// differ on indices beyond a file's palette, so they are given a full one.
/// </summary>
internal static class Palette
{
    /// <summary>Copies a palette and fills it up with greys.</summary>
    /// <param name="palette">The colors there are.</param>
    /// <param name="full">Receives them and those that lack.</param>
    /// <param name="entry">Bytes a color: 3, or 4 of which the last means nothing.</param>
    public static void Complete(ReadOnlySpan<byte> palette, Span<byte> full, int entry)
    {
        var known = Math.Min(palette.Length / entry * entry, full.Length);
        palette[..known].CopyTo(full);
        for (var i = known; i < full.Length; i++) full[i] = (byte)(i % entry == 3 ? 0 : i / entry);
    }

    /// <summary>Whether each color is the gray of its number: such indices are gray values.</summary>
    /// <param name="palette">The colors there are.</param>
    /// <param name="entry">Bytes a color: 3, or 4 of which the last means nothing.</param>
    public static bool IsGrayRamp(ReadOnlySpan<byte> palette, int entry)
    {
        for (var i = 0; i < palette.Length; i++)
        {
            if (i % entry < 3 && palette[i] != i / entry) return false;
        }

        return true;
    }

    /// <summary>A color's red, green and blue as a pixel.</summary>
    public static uint Color(ReadOnlySpan<byte> rgb) => (uint)(rgb[0] | (rgb[1] << 8) | (rgb[2] << 16));
}
