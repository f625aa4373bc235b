using System.Numerics.Tensors;
using Microsoft.ML.Clip.Approximate;
using Microsoft.ML.Clip.Scanning;
using Microsoft.ML.Clip.Storage;

namespace Microsoft.ML.Clip.Indexing;

/// <summary>
/// The file's rows without those that were removed, and behind them what was added since. Numbers of rows go on from the file's to the
/// added ones. Whoever holds it sees to it that nobody reads while it changes.
/// </summary>
internal sealed class IndexContent(IndexFile? file) : IDisposable
{
    private readonly List<(ClipIndexEntry Entry, float[] Vector)?> _added = [];
    private readonly HashSet<int> _removed = [];
    private readonly Lock _idsGate = new();
    private readonly Lock _graphGate = new();
    private IndexFile? _file = file;
    private NeighborGraph? _graph;
    private Dictionary<string, int>? _rows;

    public int Count => FileRows - _removed.Count + _added.Count(row => row is not null);

    public bool HasChanges => _removed.Count > 0 || _added.Count > 0;

    private int FileRows => _file?.Matrix.Rows ?? 0;

    /// <summary>The row of an id.</summary>
    public int? Find(string id) => Rows().TryGetValue(id, out var row) ? row : null;

    public ClipIndexEntry Entry(int row) => row < FileRows ? _file!.Entry(row) : _added[row - FileRows]!.Value.Entry;

    public ReadOnlySpan<float> Vector(int row) => row < FileRows ? _file!.Matrix.Vector(row) : _added[row - FileRows]!.Value.Vector;

    public IEnumerable<ClipIndexEntry> Entries() => LiveRows().Select(Entry);

    public void Upsert(ClipIndexEntry entry, float[] vector)
    {
        if (Find(entry.Id) is { } old)
        {
            if (old >= FileRows)
            {
                _added[old - FileRows] = (entry, vector);
                return;
            }

            _removed.Add(old);
        }

        _added.Add((entry, vector));
        Rows()[entry.Id] = FileRows + _added.Count - 1;
    }

    public bool Remove(string id)
    {
        if (!Rows().Remove(id, out var row)) return false;
        if (row < FileRows) _removed.Add(row);
        else _added[row - FileRows] = null;
        return true;
    }

    public ClipSearchResult[][] Search(IReadOnlyList<float[]> queries, ClipSearchOptions options, CancellationToken cancellation)
    {
        var top = (int)Math.Min((long)options.Top + options.Skip, Math.Max(1, Count));
        var least = options.MinScore ?? float.NegativeInfinity;
        Func<int, bool>? counts = _removed.Count == 0 && options.Filter is null
            ? null
            : row => !_removed.Contains(row) && options.Filter?.Invoke(Entry(row)) != false;
        var threads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
        var found = _file is null ? null : new ExactScan(_file.Matrix, threads).Best(queries, top, counts, least, cancellation);
        return [.. queries.Select((query, i) => WithAdded(found?[i] ?? [], query, top, least, options))];
    }

    /// <summary>By the graph of the file's rows; what was added since is compared one by one.</summary>
    public ClipSearchResult[][] SearchGraph(string path, string generation, IReadOnlyList<float[]> queries, ClipSearchOptions options)
    {
        var top = (int)Math.Min((long)options.Top + options.Skip, Math.Max(1, Count));
        var least = options.MinScore ?? float.NegativeInfinity;
        NeighborGraph graph;
        lock (_graphGate) graph = _graph ??= NeighborGraph.Open(path, generation);
        return [.. queries.Select(query => WithAdded(Near(query), query, top, least, options))];

        IEnumerable<ScoredRow> Near(float[] query) => graph.Search(query, top + _removed.Count)
            .Where(row => !_removed.Contains(row))
            .Select(row => new ScoredRow(row, TensorPrimitives.Dot(query, Vector(row)))).Where(row => row.Score >= least);
    }

    /// <summary>Builds the graph of the file's rows, to be used from the next search on.</summary>
    public void BuildGraph(
        string path, string generation, ClipApproximateOptions options, IProgress<int>? progress, CancellationToken cancellation)
    {
        NeighborGraph.Build(path, generation, FileRows, _file!.Matrix.Dimension, Vector, options, progress, cancellation);
        lock (_graphGate) CloseGraph();
    }

    private ClipSearchResult[] WithAdded(
        IEnumerable<ScoredRow> inFile, float[] query, int top, float least, ClipSearchOptions options)
    {
        var best = new BestRows(top);
        foreach (var row in inFile) best.Add(row);
        AddAdded(best, query, options.Filter, least);
        return [.. best.Sorted().Skip(options.Skip).Select(row => new ClipSearchResult(Entry(row.Row), row.Score))];
    }

    private void CloseGraph()
    {
        _graph?.Dispose();
        _graph = null;
    }

    /// <summary>Every pair of rows that are that close, one at a time.</summary>
    public void Pairs(float least, Action<int, int, float> found, IProgress<int>? progress, CancellationToken cancellation)
    {
        if (_file is not null)
        {
            Func<int, bool>? counts = _removed.Count == 0 ? null : row => !_removed.Contains(row);
            new ExactScan(_file.Matrix, Environment.ProcessorCount)
                .Pairs(least, counts, found, progress is null ? null : progress.Report, cancellation);
        }

        for (var i = 0; i < _added.Count; i++)
        {
            if (_added[i] is not var (_, vector)) continue;
            cancellation.ThrowIfCancellationRequested();
            foreach (var other in LiveRows().TakeWhile(row => row < FileRows + i))
            {
                var score = TensorPrimitives.Dot(vector, Vector(other));
                if (score >= least) found(other, FileRows + i, score);
            }

            progress?.Report(FileRows + i + 1);
        }
    }

    /// <summary>What there is, to be written.</summary>
    public IIndexRows Live() => new LiveContent(this, [.. LiveRows()]);

    /// <summary>Puts a new file in its place and goes on with that: a mapped file cannot be replaced on all systems.</summary>
    public void Replace(string aside, string path)
    {
        _file?.Dispose();
        _file = null;
        try
        {
            File.Move(aside, path, overwrite: true);
        }
        catch when (File.Exists(path))
        {
            _file = IndexFile.Open(path); // The old one, with the changes still in memory.
            throw;
        }

        Take(IndexFile.Open(path));
    }

    /// <summary>Goes on with another file, without changes.</summary>
    public void Take(IndexFile file)
    {
        CloseGraph();
        _file?.Dispose();
        _file = file;
        _added.Clear();
        _removed.Clear();
        _rows = null;
    }

    public void Dispose()
    {
        CloseGraph();
        _file?.Dispose();
    }

    private IEnumerable<int> LiveRows() => Enumerable.Range(0, FileRows).Where(row => !_removed.Contains(row))
        .Concat(Enumerable.Range(0, _added.Count).Where(i => _added[i] is not null).Select(i => FileRows + i));

    private void AddAdded(BestRows best, float[] query, Func<ClipIndexEntry, bool>? filter, float least)
    {
        for (var i = 0; i < _added.Count; i++)
        {
            if (_added[i] is not var (entry, vector)) continue;
            var score = TensorPrimitives.Dot(query, vector);
            if (score >= least && score >= best.Threshold && filter?.Invoke(entry) != false) best.Add(new(FileRows + i, score));
        }
    }

    /// <summary>The rows by id: looked through at the first question, from any thread.</summary>
    private Dictionary<string, int> Rows()
    {
        lock (_idsGate)
        {
            if (_rows is not null) return _rows;
            var rows = new Dictionary<string, int>(FileRows, StringComparer.Ordinal);
            for (var row = 0; row < FileRows; row++) rows.Add(_file!.Id(row), row);
            return _rows = rows;
        }
    }

    private sealed class LiveContent(IndexContent content, int[] rows) : IIndexRows
    {
        public int Count => rows.Length;

        public ReadOnlySpan<float> Vector(int row) => content.Vector(rows[row]);

        public ReadOnlySpan<byte> Entry(int row) => rows[row] < content.FileRows
            ? content._file!.EntryContent(rows[row])
            : EntryBytes.Write(content.Entry(rows[row]));
    }
}
