using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Scanning;

/// <summary>
/// The rows with the highest dot products, exactly: codes tell between which bounds each row's score lies, and those rows whose upper
/// bound reaches the best lower bounds are scored by their floats. So a fifth of the memory is read, and the answer is the same.
/// </summary>
/// <param name="matrix">The rows.</param>
/// <param name="threads">Threads to scan on.</param>
internal sealed class ExactScan(CodedMatrix matrix, int threads)
{
    /// <summary>Rows that are scanned for all queries while they lie in a core's cache.</summary>
    private const int Block = 512;

    /// <summary>Rows that a thread takes at a time.</summary>
    private const int Chunk = 16 * Block;

    /// <summary>The best rows for each query.</summary>
    /// <param name="queries">Vectors of the matrix's dimension.</param>
    /// <param name="top">How many rows.</param>
    /// <param name="counts">Which rows count; null for all. Called from several threads.</param>
    /// <param name="least">The smallest score.</param>
    /// <param name="cancellation">Stops it.</param>
    public ScoredRow[][] Best(
        IReadOnlyList<float[]> queries, int top, Func<int, bool>? counts, float least, CancellationToken cancellation)
    {
        var searches = queries.Select(query => new Search(new CodedQuery(query, matrix.Coding), top, least)).ToArray();
        Each(0, (first, products) =>
        {
            foreach (var search in searches)
            {
                matrix.Multiply(search.Query, first, products);
                search.See(matrix, first, products, counts);
            }
        }, cancellation);
        return Array.ConvertAll(searches, search => search.Best(matrix));
    }

    /// <summary>Every pair of a row and a later one whose dot product reaches <paramref name="least"/>.</summary>
    /// <param name="least">The smallest score.</param>
    /// <param name="counts">Which rows count; null for all.</param>
    /// <param name="found">Told each pair and its score, one at a time.</param>
    /// <param name="progress">Told how many rows have been compared with all behind them.</param>
    /// <param name="cancellation">Stops it.</param>
    public void Pairs(
        float least, Func<int, bool>? counts, Action<int, int, float> found, Action<int>? progress, CancellationToken cancellation)
    {
        const int together = 64;
        var gate = new Lock();
        for (var from = 0; from < matrix.Rows; from += together)
        {
            var queries = Enumerable.Range(from, Math.Min(together, matrix.Rows - from)).Where(row => counts?.Invoke(row) ?? true)
                .Select(row => (Row: row, Query: new CodedQuery(matrix.Vector(row).ToArray(), matrix.Coding))).ToArray();
            Each(from, (first, products) =>
            {
                foreach (var (row, query) in queries)
                {
                    matrix.Multiply(query, first, products);
                    for (var i = Math.Max(0, row + 1 - first); i < products.Length; i++)
                    {
                        var other = first + i;
                        var about = (float)(query.Offset + (double)query.Scale * products[i]);
                        if (about + query.Bound(matrix.Distance(other)) < least) continue;
                        if (counts is not null && !counts(other)) continue;
                        var score = TensorPrimitives.Dot(query.Vector, matrix.Vector(other));
                        if (score < least) continue;
                        lock (gate) found(row, other, score);
                    }
                }
            }, cancellation);
            progress?.Invoke(Math.Min(from + together, matrix.Rows));
        }
    }

    /// <summary>Goes over all blocks of rows, on several threads.</summary>
    private void Each(int from, BlockAction action, CancellationToken cancellation)
    {
        var start = from / Block * Block;
        var chunks = (matrix.Rows - start + Chunk - 1) / Chunk;
        if (threads == 1 || chunks <= 1)
        {
            for (var chunk = 0; chunk < chunks; chunk++) Go(chunk);
            return;
        }

        Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, Go);

        void Go(int chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<int> products = stackalloc int[Block];
            var end = Math.Min(start + (chunk + 1) * Chunk, matrix.Rows);
            for (var first = start + chunk * Chunk; first < end; first += Block) action(first, products[..Math.Min(Block, end - first)]);
        }
    }

    private delegate void BlockAction(int first, Span<int> products);

    /// <summary>One query, for all threads: the best lower bounds so far, and the rows that may still be among the best.</summary>
    private sealed class Search(CodedQuery query, int top, float smallest)
    {
        private readonly Lock _gate = new();
        private readonly BestRows _lower = new(top);
        private readonly List<ScoredRow> _candidates = [];
        private readonly float _least = smallest;
        private float _threshold = smallest;

        public CodedQuery Query => query;

        public void See(CodedMatrix matrix, int first, ReadOnlySpan<int> products, Func<int, bool>? counts)
        {
            var (offset, scale) = (query.Offset, (double)query.Scale);
            var threshold = Volatile.Read(ref _threshold);
            for (var i = 0; i < products.Length; i++)
            {
                var about = (float)(offset + scale * products[i]);
                var bound = query.Bound(matrix.Distance(first + i));
                if (about + bound < threshold) continue;
                if (counts is not null && !counts(first + i)) continue;
                lock (_gate)
                {
                    _candidates.Add(new(first + i, about + bound));
                    _lower.Add(new(first + i, about - bound));
                    if (_lower.Threshold > _threshold) _threshold = _lower.Threshold;
                    threshold = _threshold;
                }
            }
        }

        /// <summary>Scores what may be among the best, the most hopeful first, until no other can be.</summary>
        public ScoredRow[] Best(CodedMatrix matrix)
        {
            var best = new BestRows(top);
            _candidates.RemoveAll(candidate => candidate.Score < _threshold);
            _candidates.Sort();
            foreach (var candidate in _candidates)
            {
                if (candidate.Score < best.Threshold) break;
                var score = TensorPrimitives.Dot(query.Vector, matrix.Vector(candidate.Row));
                if (score >= _least) best.Add(new(candidate.Row, score));
            }

            return best.Sorted();
        }
    }
}
