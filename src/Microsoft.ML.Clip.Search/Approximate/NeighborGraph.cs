using System.Text;
using Cloud.Unum.USearch;

namespace Microsoft.ML.Clip.Approximate;

/// <summary>
/// A graph of near neighbors (HNSW) over an index file's rows, in a file beside it: USearch's own, and behind it which state of the index
/// it is of.
/// </summary>
internal sealed class NeighborGraph : IDisposable
{
    private const int MarkSize = 40, LeastLookedAt = 200;
    private readonly USearchIndex _graph;
    private readonly Lock _gate = new();

    private NeighborGraph(USearchIndex graph) => _graph = graph;

    /// <summary>Where the graph of an index lies.</summary>
    public static string PathOf(string index) => $"{index}.hnsw";

    /// <summary>Builds the graph and writes it: aside first, so that there is a whole one or none.</summary>
    public static void Build(
        string index, string generation, int rows, int dimension, ReadRow row, ClipApproximateOptions options, IProgress<int>? progress,
        CancellationToken cancellation)
    {
        var aside = $"{PathOf(index)}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var graph = Loaded(() => new USearchIndex(
                MetricKind.Ip, ScalarKind.Float16, (ulong)dimension, (ulong)options.Connectivity, (ulong)options.BuildExpansion)))
            {
                for (var i = 0; i < rows; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    graph.Add((ulong)i, row(i).ToArray());
                    if (i % 1000 == 999) progress?.Report(i + 1);
                }

                graph.Save(aside);
            }

            using (var file = new FileStream(aside, FileMode.Append))
            {
                file.Write(Mark(generation));
                file.Flush(flushToDisk: true);
            }

            File.Move(aside, PathOf(index), overwrite: true);
            progress?.Report(rows);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <summary>Opens the graph of an index as it is now.</summary>
    /// <exception cref="InvalidOperationException">There is none, or one of an earlier state.</exception>
    public static NeighborGraph Open(string index, string generation)
    {
        var path = PathOf(index);
        if (!File.Exists(path))
        {
            throw new InvalidOperationException(
                $"The index '{index}' has no graph for approximate search; make it with clip index --approximate or BuildApproximate.");
        }

        var mark = new byte[MarkSize];
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete))
        {
            file.Seek(-Math.Min(MarkSize, file.Length), SeekOrigin.End);
            file.ReadAtLeast(mark, MarkSize, throwOnEndOfStream: false);
        }

        if (!mark.AsSpan().SequenceEqual(Mark(generation)))
        {
            throw new InvalidOperationException(
                $"'{path}' is not of the index '{index}' as it is now; make it anew with clip index --approximate or BuildApproximate.");
        }

        return new NeighborGraph(Loaded(() => new USearchIndex(path, view: true)));
    }

    /// <summary>Rows that are likely the nearest: more than asked for, since the more are looked at, the fewer are missed.</summary>
    public int[] Search(float[] query, int count)
    {
        count = (int)Math.Min(Math.Max(LeastLookedAt, 2L * count), (long)_graph.Size());
        // The native index keeps what a search needs for as many threads as it knows of.
        lock (_gate)
        {
            _graph.Search(query, count, out var keys, out _);
            return Array.ConvertAll(keys, key => (int)key);
        }
    }

    public void Dispose() => _graph.Dispose();

    private static byte[] Mark(string generation) => Encoding.ASCII.GetBytes($"CLIPHNSW{generation}");

    /// <exception cref="PlatformNotSupportedException">USearch has no native library for this system.</exception>
    private static USearchIndex Loaded(Func<USearchIndex> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            throw new PlatformNotSupportedException(
                $"Approximate search needs USearch's native library, which cannot be loaded here ({e.Message}); search exactly.", e);
        }
    }
}

/// <summary>A row's floats.</summary>
internal delegate ReadOnlySpan<float> ReadRow(int row);
