using System.Text.Json;

namespace Microsoft.ML.Clip.Hub;

/// <summary>A repository at one commit: its files, and how to bring some of them into the cache.</summary>
internal sealed class HubRepository
{
    private const int MostAtOnce = 4;
    private const int MostPages = 1000;

    private readonly HubClient _client;
    private readonly HubCache _cache;
    private readonly DownloadMeter _meter;

    private HubRepository(
        HubClient client, HubCache cache, DownloadMeter meter, string name, string revision, string commit, IReadOnlyList<HubFile> files)
    {
        _client = client;
        _cache = cache;
        _meter = meter;
        Name = name;
        Revision = revision;
        Commit = commit;
        Files = files;
    }

    public string Name { get; }

    public string Revision { get; }

    public string Commit { get; }

    /// <summary>All its files.</summary>
    public IReadOnlyList<HubFile> Files { get; }

    /// <summary>Where its files lie, once downloaded.</summary>
    public string Folder => _cache.Snapshot(Commit);

    /// <summary>Asks the hub what a revision is and what it holds; for a commit whose list is cached it asks nothing.</summary>
    public static async Task<HubRepository> OpenAsync(
        HubClient client, string name, ClipHubOptions options, CancellationToken cancellationToken)
    {
        var cache = new HubCache(client.Settings, name);
        var revision = options.Revision ?? "main";
        var what = new HubSubject(name, revision);
        // Also refuses what is no revision, before it becomes part of an address.
        var known = cache.ReadRef(revision);
        var commit = known == revision ? revision : await CommitAsync(client, what, cancellationToken).ConfigureAwait(false);
        var files = cache.ReadTree(commit)
            ?? await ListAsync(client, what with { Revision = commit }, cancellationToken).ConfigureAwait(false);
        return new HubRepository(client, cache, new DownloadMeter(options.Progress), name, revision, commit, files);
    }

    public HubFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);

    /// <summary>What was needed is here, so the list was right: from now on both may be found without asking.</summary>
    public void Keep()
    {
        if (_cache.ReadTree(Commit) is null) _cache.WriteTree(Commit, Files);
        _cache.WriteRef(Revision, Commit);
    }

    /// <summary>Brings files into the cache, some at once; those that are there stay as they are.</summary>
    /// <returns>Their paths on this machine, in their order.</returns>
    public async Task<string[]> DownloadAsync(IReadOnlyList<HubFile> files, CancellationToken cancellationToken)
    {
        var pointers = files.Select(file => _cache.Pointer(Commit, file.Path)).ToArray();
        _meter.Expect(files);
        await Parallel.ForEachAsync(
            files.Zip(pointers),
            new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken },
            async (file, token) => await BringAsync(file.First, file.Second, token).ConfigureAwait(false)).ConfigureAwait(false);
        return pointers;
    }

    /// <summary>The first bytes of a file, or some in it, without the rest; fewer where it ends.</summary>
    public async Task<byte[]> ReadAsync(HubFile file, long start, int count, CancellationToken cancellationToken)
    {
        var request = Request(file) with { Range = new(start, start + count - 1) };
        byte[] bytes = [];
        await _client.RetryAsync(
            async token =>
            {
                using var answer = await _client.SendAsync(request, token).ConfigureAwait(false);
                if (answer.IsPastEnd) return;
                using var body = new MemoryStream();
                // A server that knows no ranges sends the file from its start: all that comes before is passed over.
                var from = start - answer.Offset;
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
                try
                {
                    await answer.CopyToAsync(
                        (part, taken) =>
                        {
                            var before = (int)Math.Clamp(from - (taken - part.Length), 0, part.Length);
                            body.Write(part.Span[before..]);
                            if (body.Length >= count) enough.Cancel();
                        },
                        enough.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (body.Length >= count)
                {
                    // Enough has come.
                }

                bytes = body.ToArray();
            },
            cancellationToken).ConfigureAwait(false);
        return bytes.Length > count ? bytes[..count] : bytes;
    }

    private static async Task<string> CommitAsync(HubClient client, HubSubject what, CancellationToken cancellationToken)
    {
        var address = client.Settings.At($"api/models/{HubNames.Escape(what.Repository!)}/revision/{Uri.EscapeDataString(what.Revision)}");
        var (body, _) = await client.GetAsync(new HubRequest(address, what), cancellationToken).ConfigureAwait(false);
        using var json = Parse(body, address);
        return json.RootElement is { ValueKind: JsonValueKind.Object } info && info.TryGetProperty("sha", out var sha)
            && sha.ValueKind == JsonValueKind.String && sha.GetString() is { } commit && HubNames.IsCommit(commit)
            ? commit
            : throw NoHub(address);
    }

    private static async Task<IReadOnlyList<HubFile>> ListAsync(HubClient client, HubSubject what, CancellationToken cancellationToken)
    {
        var address = client.Settings.At(
            $"api/models/{HubNames.Escape(what.Repository!)}/tree/{Uri.EscapeDataString(what.Revision)}?recursive=true&expand=false");
        var files = new List<HubFile>();
        var page = address;
        for (var count = 0; page is not null; count++)
        {
            // The next page is asked for with the token.
            if (count == MostPages || !client.Settings.IsEndpoint(page)) throw NoHub(address);
            var (body, next) = await client.GetAsync(new HubRequest(page, what), cancellationToken).ConfigureAwait(false);
            using var json = Parse(body, page);
            try
            {
                files.AddRange(json.RootElement.EnumerateArray().Where(entry => Text(entry, "type") == "file").Select(File));
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw NoHub(page, e);
            }

            page = next;
        }

        return files;

        static HubFile File(JsonElement entry)
        {
            var large = entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object;
            return new HubFile(
                Text(entry, "path") ?? throw new KeyNotFoundException(),
                (large ? lfs : entry).GetProperty("size").GetInt64(),
                Checked(Text(entry, "oid")),
                large ? Checked(Text(lfs, "oid") ?? Text(lfs, "sha256")) : null,
                Text(entry, "xetHash"));
        }

        // It becomes a file's name.
        static string? Checked(string? hash) => hash is null || HubNames.IsETag(hash) ? hash : throw new FormatException();
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonDocument Parse(byte[] body, Uri address)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw NoHub(address, e);
        }
    }

    private static ClipHubException NoHub(Uri address, Exception? inner = null) => new(
        ClipHubError.Other,
        $"{address.GetLeftPart(UriPartial.Path)} does not answer as the Hugging Face hub does; check HF_ENDPOINT and the network's proxy.",
        inner);

    private HubRequest Request(HubFile file) => new(
        _client.Settings.At($"{HubNames.Escape(Name)}/resolve/{Commit}/{HubNames.Escape(file.Path)}"),
        new HubSubject(Name, Commit, file.Path));

    private async Task BringAsync(HubFile file, string pointer, CancellationToken cancellationToken)
    {
        if (!HubCache.Has(pointer, file.Size))
        {
            if (file.ETag is null) file = await AskAsync(file, cancellationToken).ConfigureAwait(false);
            var (etag, blob) = (file.ETag!, _cache.Blob(file.ETag!));
            try
            {
                _cache.Prepare(etag, pointer);
                using var held = await FileLock.AcquireAsync(_cache.Lock(etag), cancellationToken).ConfigureAwait(false);
                // Another may have brought it while we waited.
                if (!HubCache.Has(pointer, file.Size))
                {
                    var isNew = !HubCache.Has(blob, file.Size);
                    var download = new BlobDownload(_client, Request(file), file, _meter);
                    if (isNew) await download.RunAsync(blob, cancellationToken).ConfigureAwait(false);
                    _cache.Link(etag, pointer, isNew);
                }
            }
            catch (UnauthorizedAccessException e)
            {
                throw new ClipHubException(
                    ClipHubError.Disk,
                    $"The cache {_client.Settings.CacheFolder} cannot be written; set HF_HUB_CACHE to a folder that can.", e);
            }
        }

        _meter.Tell(file, file.Size ?? 0);
    }

    /// <summary>Asks for the ETag of a file where the list has none, as other servers' lists may.</summary>
    private async Task<HubFile> AskAsync(HubFile file, CancellationToken cancellationToken)
    {
        var request = Request(file) with { Method = HttpMethod.Head };
        await _client.RetryAsync(
            async token =>
            {
                using var answer = await _client.SendAsync(request, token).ConfigureAwait(false);
                if (answer.Hub.ETag is not { } etag || !HubNames.IsETag(etag)) throw NoHub(request.Address);
                file = file with { BlobId = etag, Size = answer.Hub.LinkedSize ?? file.Size };
            },
            cancellationToken).ConfigureAwait(false);
        return file;
    }
}
