namespace Clip.Data;

/// <summary>Rows of pixels, a picture each, of which some could not be filled.</summary>
internal static class PixelRows
{
    /// <summary>Moves the good rows to the front, in their order.</summary>
    /// <param name="pixels">At least <paramref name="rows"/> rows.</param>
    /// <param name="size">Numbers in a row.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="isGood">Whether a row was filled.</param>
    /// <returns>How many are good.</returns>
    public static int CloseUp(Span<float> pixels, int size, int rows, Func<int, bool> isGood)
    {
        var kept = 0;
        for (var i = 0; i < rows; i++)
        {
            if (!isGood(i)) continue;
            if (kept != i) pixels.Slice(i * size, size).CopyTo(pixels[(kept * size)..]);
            kept++;
        }

        return kept;
    }
}
