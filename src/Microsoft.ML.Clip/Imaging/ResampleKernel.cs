namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// The antialiasing filters of Pillow's <c>Resample.c</c> and, for each output position, their weights on the inputs: the filter is
/// stretched by the scale when shrinking, cut off at the image's edges, and normalised to 1.
/// </summary>
internal static class ResampleKernel
{
    /// <summary>Far beyond any photograph: shrinking 65 500 pixels to 224 takes 262 304.</summary>
    private const int MaxWeights = 1 << 24;

    /// <summary>
    /// Computes the weights of outputs <paramref name="first"/> up to <paramref name="first"/> + <c>starts.Length</c> of a resize of
    /// <paramref name="input"/> to <paramref name="outputSize"/> pixels along one axis.
    /// </summary>
    /// <param name="input">What there is, and the part of it that is resized: Pillow's <c>box</c>.</param>
    /// <param name="outputSize">Pixels out, of the whole resized image.</param>
    /// <param name="filter">Any but nearest.</param>
    /// <param name="first">The first output wanted.</param>
    /// <param name="starts">Receives, for each output, the first input with a weight.</param>
    /// <param name="lengths">Receives, for each output, how many inputs have a weight.</param>
    /// <returns>The weights, the same number of places for each output.</returns>
    /// <exception cref="InvalidDataException">The image is millions of pixels long, so that the weights would take more memory than
    /// it.</exception>
    public static double[] Compute(InputAxis input, int outputSize, ImageResample filter, int first, int[] starts, int[] lengths)
    {
        var scale = input.Extent / outputSize;
        var stretch = Math.Max(scale, 1.0);
        var support = Support(filter) * stretch;
        var places = ((long)Math.Ceiling(support) * 2) + 1;
        if (places * starts.Length > MaxWeights)
        {
            throw new InvalidDataException($"The image is {input.Size} pixels long, too long to be resized to {outputSize}.");
        }

        var weights = new double[starts.Length * places];
        for (var i = 0; i < starts.Length; i++)
        {
            var centre = input.Start + ((first + i + 0.5) * scale);
            var start = Math.Max(0, (int)(centre - support + 0.5));
            var length = Math.Min(input.Size, (int)(centre + support + 0.5)) - start;
            var row = weights.AsSpan(i * (int)places, length);
            var total = 0.0;
            for (var k = 0; k < length; k++)
            {
                row[k] = Evaluate(filter, (k + start - centre + 0.5) * (1.0 / stretch));
                total += row[k];
            }

            if (total != 0.0)
            {
                foreach (ref var weight in row) weight /= total;
            }

            (starts[i], lengths[i]) = (start, length);
        }

        return weights;
    }

    private static double Support(ImageResample filter) => filter switch
    {
        ImageResample.Bilinear => 1,
        ImageResample.Bicubic => 2,
        ImageResample.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "This filter has no weights."),
    };

    private static double Evaluate(ImageResample filter, double x)
    {
        x = Math.Abs(x);
        return filter switch
        {
            ImageResample.Bilinear => x < 1 ? 1 - x : 0,
            ImageResample.Bicubic => Bicubic(x),
            _ => x < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        };
    }

    private static double Bicubic(double x)
    {
        const double A = -0.5;
        if (x < 1) return ((((A + 2.0) * x) - (A + 3.0)) * x * x) + 1;
        return x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A : 0;
    }

    private static double Sinc(double x)
    {
        if (x == 0) return 1;
        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
