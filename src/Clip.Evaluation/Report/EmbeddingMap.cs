using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Evaluation.Report;

/// <summary>Embeddings in the plane in which they differ most: their two first principal components.</summary>
/// <param name="Points">A place for each embedding.</param>
/// <param name="Variance">The share of all variance that the plane keeps, from 0 to 1.</param>
internal sealed record EmbeddingMap(IReadOnlyList<(float X, float Y)> Points, double Variance)
{
    /// <summary>Fewer lie in a plane by themselves.</summary>
    public const int FewestPoints = 3;

    /// <summary>The map of embeddings of one width; the same ones give the same map.</summary>
    public static EmbeddingMap Of(IReadOnlyList<float[]> embeddings)
    {
        var ml = new MLContext(seed: 0);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, embeddings[0].Length);
        var rows = ml.Data.LoadFromEnumerable(embeddings.Select(features => new Row { Features = features }), schema);
        var plane = ml.Transforms.ProjectToPrincipalComponents("Plane", nameof(Row.Features), rank: 2, overSampling: 20, seed: 0)
            .Fit(rows).Transform(rows).GetColumn<float[]>("Plane").ToArray();
        var (x, y, all) = (VarianceOf(plane.Select(p => p[0])), VarianceOf(plane.Select(p => p[1])), TotalVariance(embeddings));
        return new EmbeddingMap([.. plane.Select(p => (p[0], p[1]))], all > 0 ? Math.Min(1, (x + y) / all) : 1);
    }

    private static double VarianceOf(IEnumerable<float> values)
    {
        var all = values.ToArray();
        var mean = all.Average(v => (double)v);
        return all.Average(v => (v - mean) * (v - mean));
    }

    private static double TotalVariance(IReadOnlyList<float[]> embeddings)
    {
        var mean = new float[embeddings[0].Length];
        foreach (var embedding in embeddings) TensorPrimitives.MultiplyAdd(embedding, 1f / embeddings.Count, mean, mean);
        var difference = new float[mean.Length];
        return embeddings.Average(embedding =>
        {
            TensorPrimitives.Subtract(embedding, mean, difference);
            return (double)TensorPrimitives.SumOfSquares<float>(difference);
        });
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
