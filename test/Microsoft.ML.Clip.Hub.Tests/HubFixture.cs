using Microsoft.ML.Clip.Hub.Tests.Server;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>A server of a test's own and a cache of its own, both gone afterwards.</summary>
public abstract class HubFixture : IAsyncLifetime
{
    /// <summary>The repository that most tests use: the tiny model of three colors.</summary>
    protected const string Tiny = "tiny/clip";

    internal HubServer Server { get; private set; } = null!;

    protected string Root { get; } = Directory.CreateTempSubdirectory("clip-hub-").FullName;

    protected string Cache => Path.Combine(Root, "hub");

    protected string TinyCache => Path.Combine(Cache, "models--tiny--clip");

    /// <summary>Options that touch nothing outside of the test, and wait for nothing long.</summary>
    protected ClipHubOptions Options => new()
    {
        Endpoint = Server.Endpoint,
        CacheFolder = Cache,
        Token = "",
        Offline = false,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        Timeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>What leads <c>clip</c> to the server and the cache.</summary>
    protected Dictionary<string, string> Variables => new()
    {
        ["HF_ENDPOINT"] = Server.Endpoint.AbsoluteUri,
        ["HF_HOME"] = Root,
        ["HF_TOKEN"] = "",
        ["HF_HUB_OFFLINE"] = "",
        ["HF_HUB_CACHE"] = "",
        ["HF_ASSETS_CACHE"] = "",
    };

    public async Task InitializeAsync() => Server = await HubServer.StartAsync();

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Publishes the tiny model, changed as a test wants it.</summary>
    internal HubRepo Publish(string name = Tiny, Action<string>? change = null)
    {
        using var model = new TinyFolder(folder =>
        {
            TinyFolder.LayTransformersJs(folder);
            change?.Invoke(folder);
        });
        var repo = Server.Add(name);
        repo.CommitFolder(model.Path);
        return repo;
    }

    /// <summary>Runs <c>clip</c> in a process of its own.</summary>
    internal Task<Outcome> ClipAsync(params string[] arguments) => ClipAsync(Variables, arguments);

    internal async Task<Outcome> ClipAsync(Dictionary<string, string> variables, params string[] arguments)
    {
        using var process = ChildProcess.Dotnet(Root, ClipProcess.Arguments(arguments), variables);
        return await process.FinishAsync();
    }

    protected Task<string> DownloadAsync(ClipHubOptions? options = null) => ClipHub.DownloadAsync(Tiny, options ?? Options);

    protected async Task<ClipHubException> FailAsync(ClipHubOptions? options = null, string model = Tiny)
    {
        var fault = await Assert.ThrowsAsync<ClipHubException>(() => ClipHub.DownloadAsync(model, options ?? Options));
        AssertSentence(fault);
        return fault;
    }

    internal static void AssertSentence(Exception fault)
    {
        Assert.EndsWith(".", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    /// <summary>Waits until so many bytes of a file have arrived.</summary>
    protected async Task ArrivedAsync(int bytes)
    {
        var blobs = Path.Combine(TinyCache, "blobs");
        while (!Directory.Exists(blobs) || !Directory.GetFiles(blobs, "*.incomplete").Any(f => new FileInfo(f).Length == bytes))
            await Task.Delay(10);
    }

    /// <summary>Every file under a folder, by relative path.</summary>
    protected static string[] FilesIn(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whatever happened, nothing has a final name that is not whole, and nothing lies outside of the cache.</summary>
    internal void AssertNothingHalf(HubRepo repo)
    {
        var entries = Directory.EnumerateFileSystemEntries(Root).Select(entry => Path.GetFileName(entry));
        Assert.Subset(new HashSet<string> { "hub", "assets" }, entries.ToHashSet());
        var cache = Path.Combine(Cache, HubNames.Folder(repo.Name));
        if (!Directory.Exists(cache)) return;
        var published = repo.Commits.Values.SelectMany(files => files)
            .ToLookup(file => HubRepo.ETag(file.Key, file.Value), file => file.Value);
        foreach (var blob in FilesIn(cache).Where(path => path.StartsWith("blobs", StringComparison.Ordinal)))
        {
            if (blob.EndsWith(".incomplete", StringComparison.Ordinal)) continue;
            Assert.Equal(published[Path.GetFileName(blob)].First(), File.ReadAllBytes(Path.Combine(cache, blob)));
        }

        foreach (var pointer in FilesIn(cache).Where(path => path.StartsWith("snapshots", StringComparison.Ordinal)))
        {
            var parts = pointer.Split(Path.DirectorySeparatorChar);
            Assert.Equal(repo.Commits[parts[1]][string.Join('/', parts[2..])], File.ReadAllBytes(Path.Combine(cache, pointer)));
        }
    }
}
