namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Bytes to normalised floats in the float32 steps of the reference (byte × factor, − mean, ÷ std, each rounded). A byte has 256 values,
/// so a table for each channel gives every bit and costs one load.
/// </summary>
internal sealed class Normalizer
{
    private readonly float[][] _tables;

    public Normalizer(ClipImagePreprocessing settings)
    {
        _tables = new float[3][];
        for (var channel = 0; channel < 3; channel++)
        {
            var table = _tables[channel] = new float[256];
            for (var value = 0; value < 256; value++)
            {
                var scaled = settings.DoRescale ? (float)(value * settings.RescaleFactor) : value;
                table[value] = settings.DoNormalize ? (scaled - settings.Mean[channel]) / settings.Std[channel] : scaled;
            }
        }
    }

    /// <summary>
    /// Normalises pixels of four bytes (red, green, blue, ignored) into three planes, red, green, blue, one after the other.
    /// </summary>
    public void Normalize(ReadOnlySpan<byte> pixels, Span<float> planes)
    {
        var count = pixels.Length / 4;
        var red = planes[..count];
        var green = planes.Slice(count, count);
        var blue = planes.Slice(2 * count, count);
        var (redTable, greenTable, blueTable) = (_tables[0], _tables[1], _tables[2]);
        for (var i = 0; i < red.Length; i++)
        {
            var pixel = pixels.Slice(4 * i, 4);
            red[i] = redTable[pixel[0]];
            green[i] = greenTable[pixel[1]];
            blue[i] = blueTable[pixel[2]];
        }
    }
}
