using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// A Vision Transformer for pictures of another size: its position embeddings are interpolated over the grid of patches, and a class
/// token's stays. As open_clip's <c>resize_pos_embed</c> does: bicubic (a = −0.5), with a filter that widens where the grid shrinks.
/// </summary>
internal static class PositionResize
{
    /// <summary>The config for the new size.</summary>
    /// <exception cref="ClipException">The model has no image tower, or one that is no Vision Transformer.</exception>
    public static ClipConfig Config(ClipConfig config, int imageSize, string source)
    {
        if (config.Towers == ModelTowers.Text || config.Vision is not VisionTransformerConfig vision)
            throw new ClipException(
                $"{source} has no Vision Transformer, whose size alone can be changed; leave `ImageSize` out.");
        return (config with { Vision = vision with { ImageSize = imageSize } }).Validate(source);
    }

    /// <summary>Puts embeddings for the new size into the weights.</summary>
    /// <param name="weights">All weights of a model, under OpenAI's names.</param>
    /// <param name="from">Its image tower.</param>
    /// <param name="to">The same of another size.</param>
    public static void Apply(Dictionary<string, WeightTensor> weights, VisionTransformerConfig from, VisionTransformerConfig to)
    {
        var (before, after) = (from.ImageSize / from.PatchSize, to.ImageSize / to.PatchSize);
        var extra = from.Tokens - before * before;
        var name = ClipNames.Image.Positions.Name;
        var positions = weights[name].Data.Span;
        var width = from.Width;
        var resized = new float[(extra + after * after) * width];
        positions[..(extra * width)].CopyTo(resized);
        Grid(positions[(extra * width)..], before, after, width, resized.AsSpan(extra * width));
        weights[name] = new WeightTensor([extra + after * after, width], resized);
    }

    /// <summary>Interpolates a square grid [before, before, width] to [after, after, width].</summary>
    internal static void Grid(ReadOnlySpan<float> source, int before, int after, int width, Span<float> target)
    {
        var taps = Enumerable.Range(0, after).Select(i => Taps(i, before, after)).ToArray();
        var rows = new double[after * before * width]; // [after, before, width]
        for (var y = 0; y < after; y++)
        {
            foreach (var (from, weight) in taps[y])
            {
                for (var i = 0; i < before * width; i++) rows[y * before * width + i] += weight * source[from * before * width + i];
            }
        }

        for (var y = 0; y < after; y++)
        {
            for (var x = 0; x < after; x++)
            {
                for (var c = 0; c < width; c++)
                {
                    var sum = 0.0;
                    foreach (var (from, weight) in taps[x]) sum += weight * rows[(y * before + from) * width + c];
                    target[(y * after + x) * width + c] = (float)sum;
                }
            }
        }
    }

    /// <summary>What one place of the new grid takes of which of the old; the shares sum to 1.</summary>
    private static (int From, double Weight)[] Taps(int place, int before, int after)
    {
        var scale = (double)before / after;
        var stretch = Math.Max(scale, 1);
        var center = scale * (place + 0.5);
        var first = Math.Max((int)(center - 2 * stretch + 0.5), 0);
        var end = Math.Min((int)(center + 2 * stretch + 0.5), before);
        var weights = Enumerable.Range(first, end - first).Select(i => Cubic((i - center + 0.5) / stretch)).ToArray();
        var sum = weights.Sum();
        return [.. weights.Select((weight, i) => (first + i, weight / sum))];
    }

    /// <summary>Keys' cubic convolution with a = −0.5.</summary>
    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    }
}
