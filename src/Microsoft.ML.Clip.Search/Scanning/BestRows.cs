namespace Microsoft.ML.Clip.Scanning;

/// <summary>A row and what it scores.</summary>
internal readonly record struct ScoredRow(int Row, float Score) : IComparable<ScoredRow>
{
    /// <summary>The better one is the smaller: a higher score, or with the same score the earlier row.</summary>
    public int CompareTo(ScoredRow other) => other.Score.CompareTo(Score) is not 0 and var byScore ? byScore : Row.CompareTo(other.Row);
}

/// <summary>The best so many of the rows that it is shown.</summary>
internal sealed class BestRows(int count)
{
    private readonly PriorityQueue<ScoredRow, ScoredRow> _worstFirst = new(Comparer<ScoredRow>.Create((x, y) => y.CompareTo(x)));

    /// <summary>What a row must score at least to be among them; minus infinity until there are enough.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    public void Add(ScoredRow row)
    {
        if (_worstFirst.Count < count) _worstFirst.Enqueue(row, row);
        else if (row.CompareTo(_worstFirst.Peek()) < 0) _worstFirst.EnqueueDequeue(row, row);
        else return;
        if (_worstFirst.Count == count) Threshold = _worstFirst.Peek().Score;
    }

    /// <summary>The best first.</summary>
    public ScoredRow[] Sorted() => [.. _worstFirst.UnorderedItems.Select(item => item.Element).Order()];
}
