using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Indexing;

/// <summary>Pictures that are nearly the same, in groups.</summary>
internal static class Duplicates
{
    public static IReadOnlyList<IReadOnlyList<ClipSearchResult>> Find(
        IndexContent content, float least, IProgress<int>? progress, CancellationToken cancellation)
    {
        var firsts = new Dictionary<int, int>();
        content.Pairs(least, (row, other, _) => Join(row, other), progress, cancellation);
        return
        [
            .. firsts.Keys.Order().GroupBy(First).Select(group => (IReadOnlyList<ClipSearchResult>)[.. group.Select(Scored)])
                .OrderByDescending(group => group.Count),
        ];

        void Join(int row, int other)
        {
            firsts.TryAdd(row, row);
            firsts.TryAdd(other, other);
            var (a, b) = (First(row), First(other));
            firsts[Math.Max(a, b)] = Math.Min(a, b);
        }

        // The first row of a row's group; the way there is cut short for the next time.
        int First(int row)
        {
            while (firsts[row] != row) row = firsts[row] = firsts[firsts[row]];
            return row;
        }

        ClipSearchResult Scored(int row) =>
            new(content.Entry(row), TensorPrimitives.Dot(content.Vector(First(row)), content.Vector(row)));
    }
}
