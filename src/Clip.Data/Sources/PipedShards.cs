namespace Clip.Data.Sources;

/// <summary>
/// What comes out of named pipes, kept in temporary files, since records are read in any order. They are gone when it is disposed.
/// </summary>
internal sealed class PipedShards : IDisposable
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>The file with a pipe's content, which is read to its end at the first call; null where the path is no pipe.</summary>
    public string? Local(string path)
    {
        if (_files.TryGetValue(path, out var known)) return known;
        if (!File.Exists(path) || new FileInfo(path).Length > 0) return null;
        using var pipe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
        if (pipe.CanSeek) return null; // an empty file, or a device such as /dev/zero: told as such
        var file = Path.Combine(Path.GetTempPath(), $"clip-{Guid.NewGuid():N}.tar");
        _files[path] = file;
        using var copy = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        pipe.CopyTo(copy);
        return file;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) File.Delete(file);
    }
}
