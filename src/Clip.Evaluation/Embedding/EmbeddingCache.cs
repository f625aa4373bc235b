using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.Embedding;

/// <summary>
/// Embeddings of one model on disk: a folder for each <see cref="ClipModel.Fingerprint"/>, which the preprocessing is part of, and each
/// version of the library. Several processes may share it: a file is written whole and never changed.
/// </summary>
internal sealed class EmbeddingCache : IDisposable
{
    private const int RowsAtOnce = 4096, MostSegments = 32;
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly Action<string> _warn;
    private readonly Dictionary<UInt128, (CacheSegment Segment, int Row)> _known = [];
    private readonly List<CacheSegment> _segments = [];
    private readonly Dictionary<UInt128, float[]> _new = [];
    private readonly Stopwatch _sinceFlush = Stopwatch.StartNew();
    private bool _canWrite = true;

    private EmbeddingCache(string folder, Action<string> warn) => (_folder, _warn) = (folder, warn);

    /// <summary>Opens the part of a cache that belongs to a model; what is damaged there is as if it were not.</summary>
    /// <param name="root">The cache's folder, which need not exist.</param>
    /// <param name="fingerprint">The model's.</param>
    /// <param name="warn">Told, in a sentence, why nothing can be kept.</param>
    public static EmbeddingCache Open(string root, string fingerprint, Action<string> warn)
    {
        var version = typeof(ClipModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var cache = new EmbeddingCache(Path.Combine(root, $"{fingerprint}-{version.Split('+')[0]}"), warn);
        if (Directory.Exists(cache._folder)) cache.Read();
        return cache;
    }

    /// <summary>What was kept under a key, or null.</summary>
    public float[]? Find(UInt128 key) =>
        _new.TryGetValue(key, out var row) ? row : _known.TryGetValue(key, out var place) ? place.Segment.Row(place.Row) : null;

    /// <summary>Keeps a row; it is on disk after <see cref="Flush"/>, or earlier.</summary>
    public void Add(UInt128 key, float[] row)
    {
        _new[key] = row;
        if (_new.Count >= RowsAtOnce || _sinceFlush.Elapsed > FlushEvery) Flush();
    }

    /// <summary>Writes what is new. A cache that cannot be written is told of once, and the work goes on without.</summary>
    public void Flush()
    {
        _sinceFlush.Restart();
        if (_new.Count == 0 || !_canWrite) return;
        try
        {
            Directory.CreateDirectory(_folder);
            var path = NewPath();
            CacheSegment.Write(path, [.. _new.Keys], [.. _new.Values]);
            Use(CacheSegment.Open(path));
            _new.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _canWrite = false;
            _warn($"Embeddings cannot be kept in {_folder}: {e.Message}");
        }
    }

    /// <summary>Writes what is new, and makes one file of many.</summary>
    public void Dispose()
    {
        Flush();
        if (_segments.Count > MostSegments && _canWrite) Merge();
        foreach (var segment in _segments) segment.Dispose();
    }

    private void Read()
    {
        foreach (var path in Directory.GetFiles(_folder, $"*{CacheSegment.Ending}").Order(StringComparer.Ordinal))
        {
            try
            {
                Use(CacheSegment.Open(path));
            }
            catch (FileNotFoundException)
            {
                // Another process has made one file of several meanwhile: what was in it is computed again.
            }
        }
    }

    private void Use(CacheSegment? segment)
    {
        if (segment is null) return;
        _segments.Add(segment);
        for (var row = 0; row < segment.Keys.Count; row++) _known[segment.Keys[row]] = (segment, row);
    }

    private void Merge()
    {
        try
        {
            UInt128[] keys = [.. _known.Keys];
            CacheSegment.Write(NewPath(), keys, [.. keys.Select(key => Find(key)!)]);
            foreach (var segment in _segments) File.Delete(segment.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _warn($"The files in {_folder} cannot be made one: {e.Message}");
        }
    }

    private string NewPath() => Path.Combine(_folder, $"{Guid.CreateVersion7():N}{CacheSegment.Ending}");
}
