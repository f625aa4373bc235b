using System.Diagnostics;

namespace Microsoft.ML.Clip.Hub;

/// <summary>Adds up the bytes of files that arrive side by side, and tells of them one call at a time, not of every packet.</summary>
internal sealed class DownloadMeter(IProgress<ClipHubProgress>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Bytes, long Size)> _files = new(StringComparer.Ordinal);
    private long _lastTold;

    /// <summary>Files that will be needed.</summary>
    public void Expect(IEnumerable<HubFile> files)
    {
        lock (_gate)
        {
            foreach (var file in files) _files.TryAdd(file.Path, (0, file.Size ?? 0));
        }
    }

    /// <summary>So many bytes of a file are here.</summary>
    public void Tell(HubFile file, long bytes)
    {
        if (progress is null) return;
        lock (_gate)
        {
            var size = Math.Max(file.Size ?? 0, _files.GetValueOrDefault(file.Path).Size);
            _files[file.Path] = (bytes, size);
            if (bytes != size && Stopwatch.GetElapsedTime(_lastTold) < Interval) return;
            _lastTold = Stopwatch.GetTimestamp();
            progress.Report(new ClipHubProgress(file.Path, bytes, size, _files.Values.Sum(f => f.Bytes), _files.Values.Sum(f => f.Size)));
        }
    }
}
