using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Search.Tests.Scanning;

/// <summary>Vectors of length 1, of several kinds that real ones have traits of.</summary>
internal static class RandomRows
{
    public static float[][] Of(string kind, int count, int dimension, int seed)
    {
        var random = new Random(seed);
        var clusters = Enumerable.Range(0, 5).Select(_ => Normal(random, dimension, 1)).ToArray();
        return [.. Enumerable.Range(0, count).Select(i => Unit(kind switch
        {
            // As CLIP's are: a few dimensions far from 0 for all rows.
            "shifted" => Add(Normal(random, dimension, 1), Enumerable.Range(0, dimension).Select(j => j % 97 == 3 ? 8f : 0.2f)),
            "clustered" => Add(clusters[i % 5], Normal(random, dimension, 0.001f)),
            "same" => clusters[i % 2],
            "sparse" => [.. Normal(random, dimension, 1).Select((v, j) => j % 7 == i % 7 ? v : 0)],
            "spiked" => Add(Normal(random, dimension, 0.01f), Enumerable.Range(0, dimension).Select(j => j == i % dimension ? 1f : 0)),
            _ => Normal(random, dimension, 1),
        }))];
    }

    private static float[] Normal(Random random, int dimension, float scale) =>
    [
        .. Enumerable.Range(0, dimension)
            .Select(_ => scale * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))),
    ];

    private static float[] Add(float[] row, IEnumerable<float> other) => [.. row.Zip(other, (a, b) => a + b)];

    private static float[] Unit(float[] row)
    {
        TensorPrimitives.Divide(row, TensorPrimitives.Norm<float>(row), row);
        return row;
    }
}
