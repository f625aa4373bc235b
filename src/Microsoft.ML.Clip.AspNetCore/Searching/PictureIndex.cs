using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.AspNetCore.Searching;

/// <summary>
/// The index that is served. Clients know its pictures by ids that are made here: an index's own are often paths, which are nobody else's
/// business, and what no client can name no client can ask for.
/// </summary>
internal sealed class PictureIndex : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly ClipServerOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Dictionary<string, string>? _ids;
    private DateTime _written;
    private long _looked;

    /// <exception cref="FileNotFoundException">There is no such index.</exception>
    /// <exception cref="InvalidOperationException">It is of another model.</exception>
    public PictureIndex(ClipServerOptions options, ClipModel model, TimeProvider? time = null)
    {
        (_options, _time) = (options, time ?? TimeProvider.System);
        if (options.IndexPath is not { } path) return;
        _written = File.GetLastWriteTimeUtc(path);
        var index = ClipImageIndex.Open(path);
        try
        {
            index.RequireModel(model);
        }
        catch
        {
            index.Dispose();
            throw;
        }

        (Index, _looked) = (index, _time.GetTimestamp());
    }

    /// <summary>The index; null where none is served.</summary>
    public ClipImageIndex? Index { get; }

    /// <summary>The index, as it is now: another program may have added to it.</summary>
    /// <exception cref="ApiException">None is served.</exception>
    public ClipImageIndex Require()
    {
        if (Index is null)
            throw new ApiException(StatusCodes.Status404NotFound, "No index is served; start the server with one.", code: "no_index");
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) < LookEvery) return Index;
            _looked = _time.GetTimestamp();
            var written = File.GetLastWriteTimeUtc(Index.Path);
            if (written == _written) return Index;
            if (Index.Refresh()) _ids = null;
            _written = written;
        }

        return Index;
    }

    /// <summary>What clients call a picture.</summary>
    public static string PublicId(string id) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 15));

    /// <summary>The picture that a client names.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ClipIndexEntry Find(string publicId)
    {
        var index = Require();
        // Another request may find the index changed meanwhile, and drop them.
        Dictionary<string, string> ids;
        lock (_gate) ids = _ids ??= index.Entries.Select(entry => entry.Id).ToDictionary(PublicId, StringComparer.Ordinal);
        if (ids.TryGetValue(publicId, out var id) && index.TryGet(id, out var entry)) return entry;
        throw new ApiException(StatusCodes.Status404NotFound, "The index has no picture of that id.", "id");
    }

    /// <summary>Where a picture's file lies.</summary>
    /// <exception cref="ApiException">It has none.</exception>
    public string PathOf(ClipIndexEntry entry) => entry.Path is { } path
        ? Path.GetFullPath(path, Path.GetFullPath(_options.PictureFolder ?? "."))
        : throw Gone();

    /// <summary>The bytes of a picture's file.</summary>
    /// <exception cref="ApiException">It cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ClipIndexEntry entry, CancellationToken cancellation)
    {
        try
        {
            var path = PathOf(entry);
            return await Task.Run(() => RegularFile.ReadAllBytes(path, RegularFile.MaxImage), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Gone();
        }
    }

    /// <summary>Says that a picture cannot be shown, without saying where it was.</summary>
    public static ApiException Gone() =>
        new(StatusCodes.Status404NotFound, "The picture's file is no longer what was indexed.", "id");

    public void Dispose() => Index?.Dispose();
}
