using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>The rows nearest to each row, by cosine.</summary>
/// <param name="Rows">For each row the nearest others, the nearest first; of equal ones the one that comes first.</param>
/// <param name="Cosines">How near they are.</param>
internal sealed record Neighbors(int[][] Rows, float[][] Cosines)
{
    /// <summary>Compares all rows with all.</summary>
    /// <param name="features">Features of length 1, [rows][D].</param>
    /// <param name="count">How many neighbors to find; fewer where there are not so many.</param>
    /// <param name="cancellation">Stops it.</param>
    public static Neighbors Of(IReadOnlyList<float[]> features, int count, CancellationToken cancellation = default) =>
        Of(features, features, count, (row, other) => row != other, cancellation);

    /// <summary>The nearest of other rows.</summary>
    /// <param name="features">Features of length 1, [rows][D].</param>
    /// <param name="others">Those among which neighbors are looked for.</param>
    /// <param name="count">How many neighbors to find; fewer where there are not so many.</param>
    /// <param name="isAllowed">Whether a row may have that other one as a neighbor.</param>
    /// <param name="cancellation">Stops it.</param>
    public static Neighbors Of(
        IReadOnlyList<float[]> features, IReadOnlyList<float[]> others, int count, Func<int, int, bool> isAllowed,
        CancellationToken cancellation = default)
    {
        var (rows, cosines) = (new int[features.Count][], new float[features.Count][]);
        Parallel.For(0, features.Count, new ParallelOptions { CancellationToken = cancellation }, row =>
        {
            var (best, scores, found) = (new int[count], new float[count], 0);
            for (var other = 0; other < others.Count; other++)
            {
                if (!isAllowed(row, other)) continue;
                var cosine = TensorPrimitives.Dot<float>(features[row], others[other]);
                if (found == count && cosine <= scores[^1]) continue;
                var place = found < count ? found++ : count - 1;
                for (; place > 0 && scores[place - 1] < cosine; place--)
                    (best[place], scores[place]) = (best[place - 1], scores[place - 1]);
                (best[place], scores[place]) = (other, cosine);
            }

            (rows[row], cosines[row]) = (best[..found], scores[..found]);
        });
        return new Neighbors(rows, cosines);
    }
}
