using System.Security.Cryptography;
using Clip.Cli.Options;
using Clip.Data;
using Clip.Data.Sources;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>The pictures to index, as people name them: folders, files, patterns, tables, shards and Parquet files.</summary>
/// <param name="names">What was given.</param>
/// <param name="layout">How tables and shards are laid out.</param>
internal sealed class PictureSources(IReadOnlyList<string> names, RecordSourceOptions layout) : IDisposable
{
    public const string Description =
        "Folders of pictures, picture files, patterns such as 'photos/**/*.jpg', tables, WebDataset shards or Parquet files.";

    private readonly List<IRecordSource> _open = [];

    /// <summary>Every picture once, and what cannot be read told.</summary>
    /// <param name="skipped">Told the name of what cannot be indexed, and why.</param>
    /// <exception cref="ClipException">A name stands for nothing.</exception>
    public IEnumerable<FoundPicture> Find(Action<string, string> skipped)
    {
        var seen = new HashSet<string>(FileIdentity.Comparer);
        return names.SelectMany(name => One(name, skipped)).Where(picture => seen.Add(picture.Entry.Id));
    }

    /// <summary>Whether an entry of an index may have come of these: for one that is no more, a folder that is looked through.</summary>
    public bool Covers(ClipIndexEntry entry) => entry.Path is { } path
        && names.Any(name => Directory.Exists(name) && path.StartsWith(
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(name)) + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    public void Dispose()
    {
        foreach (var source in _open) source.Dispose();
    }

    private IEnumerable<FoundPicture> One(string name, Action<string, string> skipped)
    {
        if (IsPictures(name))
            return PicturePaths.Expand([name]).Select(path => OfFile(path, null, skipped)).OfType<FoundPicture>();
        var source = RecordSources.Open(name, layout);
        _open.Add(source);
        foreach (var (key, reason) in source.Unusable) skipped(key, reason);
        return Enumerable.Range(0, source.Count).Select(i => OfRecord(source, i, skipped)).OfType<FoundPicture>();
    }

    /// <summary>Whether a name stands for pictures themselves, and not for a list or an archive of them.</summary>
    private bool IsPictures(string name)
    {
        if (layout.Type != RecordSourceOptions.Auto) return false;
        if (Directory.Exists(name)) return PictureFiles.Files(name, ".tar").Length == 0 && PictureFiles.Files(name, ".parquet").Length == 0;
        if (File.Exists(name)) return PictureFiles.IsPicture(name);
        return PicturePattern.IsOne(name) && Path.GetExtension(name) is not (".tar" or ".parquet");
    }

    private static FoundPicture? OfRecord(IRecordSource source, int record, Action<string, string> skipped)
    {
        var caption = Caption(source, record);
        if (source.ImagePath(record) is { } path) return OfFile(path, caption, skipped);
        try
        {
            // Archives tell no time of their own for each: what is in them is told apart by its bytes.
            using var bytes = source.ReadImage(record);
            var hash = Convert.ToHexStringLower(SHA256.HashData(bytes.Span))[..32];
            var entry = new ClipIndexEntry(source.Key(record)) { Size = bytes.Span.Length, ContentHash = hash, Caption = caption };
            return new FoundPicture(entry, () => source.ReadImage(record));
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            skipped(source.Key(record), e.Message);
            return null;
        }
    }

    private static FoundPicture? OfFile(string path, string? caption, Action<string, string> skipped)
    {
        var full = FileIdentity.Of(path);
        try
        {
            var file = new FileInfo(full);
            if (file.Exists)
            {
                return new FoundPicture(
                    new ClipIndexEntry(full) { Path = full, Size = file.Length, Modified = file.LastWriteTimeUtc, Caption = caption },
                    () => ImageBytes.OfFile(full));
            }

            skipped(path, "there is no such file");
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            skipped(path, e.Message);
        }

        return null;
    }

    /// <summary>What there is to read of a picture; without a caption it is indexed all the same.</summary>
    private static string? Caption(IRecordSource source, int record)
    {
        try
        {
            return string.Join('\n', source.ReadCaptions(record));
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            return null;
        }
    }

    internal static bool IsUnreadable(Exception e) =>
        ReadFault.Is(e) || e is ArgumentException or NotSupportedException;
}
