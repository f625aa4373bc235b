using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Clip.Hub.Tests.Server;

/// <summary>A request that the server got.</summary>
/// <param name="IsStorage">Whether it went to the storage, which is another host to a client.</param>
internal sealed record SeenRequest(string Method, string Path, string? Token, string? Range, bool IsStorage);

/// <summary>
/// Serves repositories as the Hugging Face hub does, on this machine alone: revisions, lists in pages, files with the hub's headers,
/// and large files by a redirect to a storage on another port. What npm's clients make of it is tested by <c>NpmTests</c>.
/// </summary>
internal sealed partial class HubServer : IAsyncDisposable
{
    /// <summary>A token that may read gated and private repositories.</summary>
    public const string Token = "hf_good";

    private readonly WebApplication _application;
    private readonly Uri _storage;
    private readonly ConcurrentQueue<SeenRequest> _seen = new();
    private readonly ConcurrentDictionary<string, HubRepo> _repositories = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _renamed = new(StringComparer.Ordinal);

    private HubServer(WebApplication application, Uri[] addresses)
    {
        _application = application;
        Endpoint = addresses[0];
        _storage = addresses[1];
    }

    public Uri Endpoint { get; }

    public IReadOnlyCollection<SeenRequest> Seen => _seen;

    /// <summary>Entries of a list on one page.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>What goes wrong with a request.</summary>
    public Func<HttpRequest, ServerFault?> Fault { get; set; } = _ => null;

    /// <summary>Whether lists tell hashes, as the hub's do and other servers' may not.</summary>
    public bool ListsHashes { get; set; } = true;

    /// <summary>How the hub writes an ETag.</summary>
    public Func<string, string> ETag { get; set; } = etag => $"\"{etag}\"";

    public static async Task<HubServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var application = builder.Build();
        HubServer? server = null;
        application.Run(context => server!.AnswerAsync(context));
        await application.StartAsync();
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return server = new HubServer(application, [.. addresses.Select(address => new Uri(address))]);
    }

    public HubRepo Add(string name) => _repositories[name] = new HubRepo(name);

    public void Rename(string from, string to) => _renamed[from] = to;

    public void Forget() => _seen.Clear();

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var isStorage = context.Connection.LocalPort == _storage.Port;
        var path = request.Path.Value! + request.QueryString;
        var token = request.Headers.Authorization.FirstOrDefault()?["Bearer ".Length..];
        _seen.Enqueue(new SeenRequest(request.Method, path, token, request.Headers.Range.FirstOrDefault(), isStorage));
        var fault = Fault(request);
        if (fault is not null)
        {
            foreach (var (name, value) in fault.Headers) context.Response.Headers[name] = value;
            if (fault.Status is { } status)
            {
                context.Response.StatusCode = status;
                return;
            }

            if (fault.Body is { } body)
            {
                await ServerBody.SendAsync(context, body, fault);
                return;
            }
        }

        // As the storage behind the hub does, whose addresses are signed.
        if (isStorage && token is not null) context.Response.StatusCode = 400;
        else if (isStorage) await StorageAsync(context, fault);
        else if (ApiPath().Match(request.Path.Value!) is { Success: true } api) await ApiAsync(context, api, token, fault);
        else if (FilePath().Match(request.Path.Value!) is { Success: true } file) await FileAsync(context, file, token, fault);
        else context.Response.StatusCode = 404;
    }

    private async Task ApiAsync(HttpContext context, Match path, string? token, ServerFault? fault)
    {
        var (name, verb, rest) = (path.Groups[1].Value, path.Groups[2].Value, path.Groups[3].Value);
        if (Find(context, name, token) is not { } repo) return;
        // A branch's name may have slashes in it, escaped; Kestrel leaves those as they are.
        var revision = verb.Length == 0 ? "main" : rest.Split('/')[0].Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (repo.Resolve(revision) is not { } commit)
        {
            Refuse(context, 404, "RevisionNotFound", $"Invalid rev id: {revision}");
            return;
        }

        var files = repo.Commits[commit];
        switch (verb)
        {
            case "" or "revision":
                var siblings = files.Keys.Select(f => new { rfilename = f });
                await ServerBody.JsonAsync(context, new { _id = "1", id = repo.Name, modelId = repo.Name, sha = commit, siblings }, fault);
                break;
            case "tree":
                await TreeAsync(context, rest, commit, files, fault);
                break;
            default:
                using (var asked = await JsonDocument.ParseAsync(context.Request.Body))
                {
                    var paths = asked.RootElement.GetProperty("paths").EnumerateArray().Select(p => p.GetString()!);
                    await ServerBody.JsonAsync(context, paths.Where(files.ContainsKey).Select(p => Entry(p, files[p], commit)), fault);
                }

                break;
        }
    }

    private async Task TreeAsync(
        HttpContext context, string rest, string commit, SortedDictionary<string, byte[]> files, ServerFault? fault)
    {
        var under = rest.Contains('/', StringComparison.Ordinal) ? rest[(rest.IndexOf('/', StringComparison.Ordinal) + 1)..] + "/" : "";
        var isDeep = context.Request.Query["recursive"] == "true";
        var below = files.Where(file => file.Key.StartsWith(under, StringComparison.Ordinal)).ToList();
        var folders = below.Select(file => Path.GetDirectoryName(file.Key)!.Replace('\\', '/'))
            .Where(folder => folder.Length > under.Length).Distinct();
        object[] entries =
        [
            .. folders.Select(folder => (object)new { type = "directory", oid = new string('0', 40), size = 0, path = folder }),
            .. below.Where(file => isDeep || !file.Key[under.Length..].Contains('/', StringComparison.Ordinal))
                .Select(file => Entry(file.Key, file.Value, commit)),
        ];
        var start = int.Parse(context.Request.Query["cursor"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        if (start + PageSize < entries.Length)
        {
            var asked = context.Request.Query;
            var query = $"recursive={asked["recursive"]}&expand={asked["expand"]}&cursor={start + PageSize}";
            context.Response.Headers.Link = $"<{Endpoint.AbsoluteUri.TrimEnd('/')}{context.Request.Path}?{query}>; rel=\"next\"";
        }

        await ServerBody.JsonAsync(context, entries.Skip(start).Take(PageSize), fault);
    }

    private object Entry(string path, byte[] content, string commit) => !ListsHashes
        ? new { type = "file", size = content.Length, path }
        : HubRepo.IsLarge(path)
        ? new
        {
            type = "file",
            oid = HubRepo.PointerSha1(content),
            size = content.Length,
            path,
            lfs = new { oid = HubRepo.Sha256(content), size = content.Length, pointerSize = 134 },
            lastCommit = new { id = commit, title = "Upload", date = "2024-01-01T00:00:00.000Z" },
        }
        : new
        {
            type = "file",
            oid = HubRepo.GitSha1(content),
            size = content.Length,
            path,
            lastCommit = new { id = commit, title = "Upload", date = "2024-01-01T00:00:00.000Z" },
        };

    private async Task FileAsync(HttpContext context, Match match, string? token, ServerFault? fault)
    {
        var revision = match.Groups[2].Value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (Find(context, match.Groups[1].Value, token) is not { } repo) return;
        if (repo.IsGated && token != Token)
        {
            Refuse(context, token is null ? 401 : 403, "GatedRepo", $"Access to model {repo.Name} is restricted.");
            return;
        }

        if (repo.Resolve(revision) is not { } commit)
        {
            Refuse(context, 404, "RevisionNotFound", $"Invalid rev id: {revision}");
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = commit;
        var path = match.Groups[3].Value;
        if (!repo.Commits[commit].TryGetValue(path, out var content))
        {
            Refuse(context, 404, "EntryNotFound", "Entry not found");
            return;
        }

        if (!HubRepo.IsLarge(path))
        {
            context.Response.Headers.ETag = ETag(HubRepo.GitSha1(content));
            await ServerBody.SendAsync(context, content, fault);
            return;
        }

        var hash = HubRepo.Sha256(content);
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["X-Linked-ETag"] = ETag(hash);
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = $"{_storage.AbsoluteUri}{hash}?X-Amz-Signature=secret";
    }

    private async Task StorageAsync(HttpContext context, ServerFault? fault)
    {
        var hash = context.Request.Path.Value![1..];
        var content = _repositories.Values.SelectMany(repo => repo.Commits.Values).SelectMany(files => files)
            .Where(file => HubRepo.IsLarge(file.Key)).Select(file => file.Value).FirstOrDefault(bytes => HubRepo.Sha256(bytes) == hash);
        // It takes no other method than the one that was signed.
        if (content is null || context.Request.Method != "GET")
        {
            context.Response.StatusCode = 403;
            return;
        }

        context.Response.Headers.ETag = $"\"{hash[..32]}\"";
        await ServerBody.SendAsync(context, content, fault);
    }

    private HubRepo? Find(HttpContext context, string name, string? token)
    {
        if (token is not null && token != Token)
        {
            Refuse(context, 401, null, "Invalid credentials in Authorization header");
            return null;
        }

        if (_renamed.TryGetValue(name, out var renamed))
        {
            context.Response.StatusCode = 307;
            var path = context.Request.Path.Value!.Replace(name, renamed, StringComparison.Ordinal);
            context.Response.Headers.Location = path + context.Request.QueryString;
            return null;
        }

        if (_repositories.TryGetValue(name, out var repo) && (!repo.IsPrivate || token == Token)) return repo;
        Refuse(context, token is null ? 401 : 404, token is null ? null : "RepoNotFound", "Repository not found");
        return null;
    }

    private static void Refuse(HttpContext context, int status, string? code, string message)
    {
        context.Response.StatusCode = status;
        if (code is not null) context.Response.Headers["X-Error-Code"] = code;
        context.Response.Headers["X-Error-Message"] = message;
    }

    [GeneratedRegex(@"^/api/models/([^/]+/[^/]+?)(?:/(revision|tree|paths-info)/(.+))?$")]
    private static partial Regex ApiPath();

    [GeneratedRegex(@"^/([^/]+/[^/]+)/resolve/([^/]+)/(.+)$")]
    private static partial Regex FilePath();
}
