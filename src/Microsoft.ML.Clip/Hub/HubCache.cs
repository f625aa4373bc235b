using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// A repository's folder in the cache that all clients of the hub share (Hub documentation, "Hub Local Cache"): <c>blobs</c> by hash,
/// <c>snapshots</c> by commit with links to them, <c>refs</c> from branches to commits, and <c>trees</c>, the list of a commit's files.
/// </summary>
internal sealed class HubCache(HubSettings settings, string repository)
{
    private const int TreeFormat = 1;
    private const string Tag = "CACHEDIR.TAG";

    /// <summary>The first line is the standard's (bford.info/cachedir).</summary>
    private const string TagText = """
        Signature: 8a477f597d28d172789f06886806bc55
        # This folder is a cache of downloads, which backups may leave out.

        """;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    private readonly string _root = Path.Combine(settings.CacheFolder, HubNames.Folder(repository));

    public string Blob(string etag) => Path.Combine(_root, "blobs", etag);

    public string Lock(string etag) => Path.Combine(settings.CacheFolder, ".locks", HubNames.Folder(repository), $"{etag}.lock");

    public string Snapshot(string commit) => Path.Combine(_root, "snapshots", commit);

    /// <summary>A file's place in a snapshot, which it cannot leave.</summary>
    /// <exception cref="ClipHubException">Its name is not one that stays there.</exception>
    public string Pointer(string commit, string path) => HubNames.IsSafePath(path)
        ? Path.Combine([Snapshot(commit), .. path.Split('/')])
        : throw new ClipHubException(
            ClipHubError.Unsafe,
            $"{repository} has a file named '{path}', which would leave the model's folder; ask its owner to rename it.");

    /// <summary>The commit that a branch or tag was at when it was last asked for, or null.</summary>
    public string? ReadRef(string revision)
    {
        if (HubNames.IsCommit(revision)) return revision;
        var path = Ref(revision);
        if (!File.Exists(path)) return null;
        var commit = File.ReadAllText(path).Trim();
        return HubNames.IsCommit(commit) ? commit : null;
    }

    /// <summary>Keeps what a branch or tag is at. A cache that cannot be written is used all the same.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (revision == commit || ReadRef(revision) == commit) return;
        WriteWhole(Ref(revision), Encoding.ASCII.GetBytes(commit));
    }

    /// <summary>The files of a commit, if the list is cached whole; a damaged list counts as none.</summary>
    public IReadOnlyList<HubFile>? ReadTree(string commit)
    {
        var path = Tree(commit);
        if (!File.Exists(path)) return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            if (json.RootElement.GetProperty("format_version").GetInt32() != TreeFormat) return null;
            return
            [
                .. from entry in json.RootElement.GetProperty("files").EnumerateObject()
                   let large = Optional(entry.Value, "lfs_sha256")
                   select new HubFile(
                       entry.Name, entry.Value.GetProperty(large is null ? "size" : "lfs_size").GetInt64(),
                       entry.Value.GetProperty("blob_id").GetString(), large, Optional(entry.Value, "xet_hash")),
            ];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Keeps the list of a commit's files, which never changes, in huggingface_hub's form.</summary>
    public void WriteTree(string commit, IReadOnlyList<HubFile> files)
    {
        if (files.Any(file => file.BlobId is null || file.Size is null)) return;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("format_version", TreeFormat);
            json.WriteStartObject("files");
            foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                json.WriteStartObject(file.Path);
                json.WriteNumber("size", file.Size!.Value);
                json.WriteString("blob_id", file.BlobId);
                if (file.Sha256 is not null)
                {
                    json.WriteString("lfs_sha256", file.Sha256);
                    json.WriteNumber("lfs_size", file.Size.Value);
                }

                if (file.XetHash is not null) json.WriteString("xet_hash", file.XetHash);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        WriteWhole(Tree(commit), bytes.ToArray());
    }

    /// <summary>Whether a file is there whole, as far as its size tells.</summary>
    public static bool Has(string path, long? size)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            return size is null || file.Length == size;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false; // Or a link to nothing, of which File.Exists says that it is there.
        }
    }

    /// <summary>The folders that a file needs, and the mark by which backups know a cache.</summary>
    public void Prepare(string etag, string pointer)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob(etag))!);
        Directory.CreateDirectory(Path.GetDirectoryName(pointer)!);
        var tag = Path.Combine(settings.CacheFolder, Tag);
        if (!File.Exists(tag)) WriteWhole(tag, Encoding.ASCII.GetBytes(TagText));
    }

    /// <summary>
    /// Puts a blob into a snapshot: as a relative link, or where the file system has none as the file itself, as the documentation says.
    /// </summary>
    /// <param name="etag">The blob.</param>
    /// <param name="pointer">Its place in the snapshot.</param>
    /// <param name="isNew">Whether it was just downloaded, so that no other snapshot can need it.</param>
    public void Link(string etag, string pointer, bool isNew)
    {
        var blob = Blob(etag);
        // What may be there is a link to nothing, or a file of the wrong size.
        File.Delete(pointer);
        if (settings.UseSymbolicLinks && TryLink(Path.GetRelativePath(Path.GetDirectoryName(pointer)!, blob), pointer)) return;
        if (isNew)
        {
            File.Move(blob, pointer);
            return;
        }

        var aside = $"{pointer}.{Guid.NewGuid():N}.tmp";
        File.Copy(blob, aside);
        File.Move(aside, pointer, overwrite: true);
    }

    private static bool TryLink(string target, string pointer)
    {
        try
        {
            File.CreateSymbolicLink(pointer, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without the right to, FAT: the caller copies, and if the folder itself is the trouble, that says so.
            return false;
        }
    }

    private static string? Optional(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? value.GetString() : null;

    private string Ref(string revision) => HubNames.IsSafePath(revision)
        ? Path.Combine([_root, "refs", .. revision.Split('/')])
        : throw new ClipHubException(
            ClipHubError.RevisionNotFound, $"'{revision}' is no revision; give a branch, a tag or a commit, such as main.");

    private string Tree(string commit) => Path.Combine(_root, "trees", $"{commit}.json");

    private static void WriteWhole(string path, byte[] content)
    {
        var aside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(aside, content);
            File.Move(aside, path, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // Only a saving of later requests is lost. What the model itself needs tells of such a fault where it is written.
            if (File.Exists(aside)) File.Delete(aside);
        }
    }
}
