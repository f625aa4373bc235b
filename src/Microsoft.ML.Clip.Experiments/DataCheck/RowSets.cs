namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>Rows that belong together, in sets that grow together.</summary>
/// <param name="count">How many rows there are; each begins by itself.</param>
internal sealed class RowSets(int count)
{
    private readonly int[] _firsts = [.. Enumerable.Range(0, count)];

    /// <summary>Puts the sets of two rows together.</summary>
    public void Join(int row, int other)
    {
        var (a, b) = (First(row), First(other));
        _firsts[Math.Max(a, b)] = Math.Min(a, b);
    }

    /// <summary>The first row of a row's set, which tells the set from others.</summary>
    public int First(int row)
    {
        while (_firsts[row] != row) row = _firsts[row] = _firsts[_firsts[row]];
        return row;
    }

    /// <summary>The sets of more than one row, each in order.</summary>
    public IEnumerable<IReadOnlyList<int>> OfSeveral() =>
        Enumerable.Range(0, _firsts.Length).GroupBy(First).Where(set => set.Skip(1).Any()).Select(set => (IReadOnlyList<int>)[.. set]);
}
