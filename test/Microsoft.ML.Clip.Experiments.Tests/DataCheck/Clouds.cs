namespace Microsoft.ML.Clip.Experiments.Tests.DataCheck;

/// <summary>Features in clouds, one for each class.</summary>
internal sealed class Clouds
{
    private readonly Random _random;
    private readonly float[][] _centers;

    /// <summary>Clouds with a seed.</summary>
    public Clouds(int classes, int dimension, int seed)
    {
        _random = new Random(seed);
        _centers = [.. Enumerable.Range(0, classes).Select(_ => Unit([.. Enumerable.Range(0, dimension).Select(_ => Normal())]))];
    }

    /// <summary>A picture of a class; the larger the spread, the farther from its center.</summary>
    public float[] Near(int label, double spread = 1) => Near(_centers[label], spread);

    /// <summary>Nearly the same as another.</summary>
    public float[] Near(float[] other, double spread) =>
        Unit([.. other.Select(value => value + (float)(spread / Math.Sqrt(other.Length)) * Normal())]);

    /// <summary>So many rows of each class, one class after the other.</summary>
    public (List<float[]> Features, List<int> Labels) Rows(int each, double spread = 1)
    {
        int[] labels = [.. Enumerable.Range(0, _centers.Length).SelectMany(label => Enumerable.Repeat(label, each))];
        return ([.. labels.Select(label => Near(label, spread))], [.. labels]);
    }

    /// <summary>A normal deviate, by Box and Muller.</summary>
    public float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));

    public int Next(int below) => _random.Next(below);

    private static float[] Unit(float[] vector)
    {
        var length = MathF.Sqrt(vector.Sum(value => value * value));
        return [.. vector.Select(value => value / length)];
    }
}
