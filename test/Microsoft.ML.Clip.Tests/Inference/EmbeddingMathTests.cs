using Clip.Testing;
using CsCheck;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Rows of embeddings against the definitions, whatever their lengths: a model's are of none in particular.</summary>
public sealed class EmbeddingMathTests
{
    /// <summary>Of positive values, so that no mean is a difference of nearly equal ones.</summary>
    private static readonly Gen<(float[] Rows, int Dimension, int Count)> Rows =
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 5], Gen.Int[1, 4]).SelectMany(size =>
            Gen.Float[0.01f, 9].Array[size.Item1 * size.Item2 * size.Item3].Select(rows => (rows, size.Item1, size.Item2)));

    /// <summary>The mean direction of a picture's views: a view counts by its direction, however long its features are.</summary>
    [Fact]
    public void ViewsAreAveragedByTheirDirections() => Rows.Holds(drawn =>
    {
        var (rows, dimension, count) = drawn;
        var expected = rows.Chunk(dimension).Select(Unit).Chunk(count)
            .Select(views => Unit([.. Enumerable.Range(0, dimension).Select(i => views.Sum(view => view[i]))])).ToArray();

        EmbeddingMath.AverageRows(rows, dimension, count);

        for (var row = 0; row < expected.Length; row++)
        {
            for (var i = 0; i < dimension; i++) Assert.Equal(expected[row][i], rows[(row * dimension) + i], 1e-3f);
        }
    });

    [Fact]
    public void RowsAreScaledOneByOneAndNothingStaysNothing()
    {
        float[] rows = [3, 4, 0, 0, -2, 0];

        EmbeddingMath.NormalizeRows(rows, 2);

        Assert.Equal([0.6f, 0.8f, 0, 0, -1, 0], rows);
    }

    private static float[] Unit(float[] vector)
    {
        var norm = Math.Sqrt(vector.Sum(value => (double)value * value));
        return norm == 0 ? vector : [.. vector.Select(value => (float)(value / norm))];
    }
}
