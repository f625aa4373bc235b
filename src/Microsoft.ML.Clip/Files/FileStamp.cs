namespace Microsoft.ML.Clip.Files;

/// <summary>
/// What tells, without reading it, that a file is still the one that was looked at: where it lies once links are followed, its length,
/// when it was written, and what no copying program can set: on Linux its inode and the time of its last change, elsewhere when it was
/// made. Archives and copies often give a file an old or a fixed date: length and date alone do not tell one model from the next.
/// </summary>
/// <param name="Path">The file itself, not a link to it.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Written">When it was last written to, in UTC.</param>
/// <param name="Change">What no program sets.</param>
internal sealed record FileStamp(string Path, long Length, DateTime Written, FileChange Change)
{
    private const int ChunkSize = 256 << 10;

    /// <summary>Looks at a file; null where there is none.</summary>
    public static FileStamp? Of(string path)
    {
        if (!File.Exists(path)) return null;
        var file = RegularFile.Resolve(path);
        return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc, FileChange.Of(file)) : null;
    }

    /// <summary>Whether both files, which must lie there as they did, have the same bytes; most others differ in the first few.</summary>
    public bool HasBytesOf(FileStamp other)
    {
        if (Length != other.Length || Of(Path) != this || Of(other.Path) != other) return false;
        using var own = RegularFile.Open(Path);
        using var others = RegularFile.Open(other.Path);
        byte[] left = new byte[ChunkSize], right = new byte[ChunkSize];
        while (true)
        {
            var read = own.ReadAtLeast(left, ChunkSize, throwOnEndOfStream: false);
            if (others.ReadAtLeast(right, ChunkSize, throwOnEndOfStream: false) != read) return false;
            if (!left.AsSpan(0, read).SequenceEqual(right.AsSpan(0, read))) return false;
            if (read < ChunkSize) return true;
        }
    }
}
