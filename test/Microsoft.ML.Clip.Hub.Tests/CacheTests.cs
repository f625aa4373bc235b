using System.Text.Json;
using Microsoft.ML.Clip.Hub.Tests.Server;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>The cache that all clients of the hub share.</summary>
public sealed class CacheTests : HubFixture
{
    private static readonly string[] Files = ["config.json", "onnx/text_model.onnx", "onnx/vision_model.onnx", "preprocessor_config.json"];

    [Fact]
    public async Task ItIsLaidOutAsTheHubsDocumentationSays()
    {
        var repo = Publish();
        var folder = await DownloadAsync();
        Assert.Equal(Path.Combine(TinyCache, "snapshots", repo.Head), folder);
        Assert.Equal(repo.Head, File.ReadAllText(Path.Combine(TinyCache, "refs", "main")));
        Assert.Equal("Signature: 8a477f597d28d172789f06886806bc55", File.ReadLines(Path.Combine(Cache, "CACHEDIR.TAG")).First());
        foreach (var path in Files)
        {
            var etag = HubRepo.ETag(path, repo.Files[path]);
            var up = string.Concat(Enumerable.Repeat("../", path.Split('/').Length + 1));
            Assert.Equal($"{up}blobs/{etag}", new FileInfo(Path.Combine(folder, path)).LinkTarget);
            Assert.True(File.Exists(Path.Combine(Cache, ".locks", "models--tiny--clip", $"{etag}.lock")));
        }

        Assert.Equal(FilesIn(folder).Length, Directory.GetFiles(Path.Combine(TinyCache, "blobs")).Length);
    }

    /// <summary>As huggingface_hub writes and reads it: the list of a commit's files.</summary>
    [Fact]
    public async Task TheListOfFilesIsKeptForPythonToo()
    {
        var repo = Publish();
        await DownloadAsync();
        using var tree = JsonDocument.Parse(File.ReadAllText(Path.Combine(TinyCache, "trees", $"{repo.Head}.json")));
        Assert.Equal(1, tree.RootElement.GetProperty("format_version").GetInt32());
        var files = tree.RootElement.GetProperty("files");
        Assert.Equal(repo.Files.Keys, files.EnumerateObject().Select(f => f.Name));
        Assert.Equal(HubRepo.GitSha1(repo.Files["config.json"]), files.GetProperty("config.json").GetProperty("blob_id").GetString());
        var vision = files.GetProperty("onnx/vision_model.onnx");
        Assert.Equal(HubRepo.Sha256(repo.Files["onnx/vision_model.onnx"]), vision.GetProperty("lfs_sha256").GetString());
        Assert.Equal(repo.Files["onnx/vision_model.onnx"].Length, vision.GetProperty("lfs_size").GetInt32());
    }

    [Fact]
    public async Task WithoutSymbolicLinksSnapshotsHoldTheFiles()
    {
        var repo = Publish();
        var settings = HubSettings.From(Options) with { UseSymbolicLinks = false };
        var repository = await HubRepository.OpenAsync(new HubClient(settings), Tiny, Options, CancellationToken.None);
        await repository.DownloadAsync(repository.Files, CancellationToken.None);
        repository.Keep();
        Assert.All(FilesIn(repository.Folder), path => Assert.Null(new FileInfo(Path.Combine(repository.Folder, path)).LinkTarget));
        Assert.Empty(Directory.GetFiles(Path.Combine(TinyCache, "blobs")));
        AssertNothingHalf(repo);

        Server.Forget();
        Assert.Equal(repository.Folder, await DownloadAsync(Options with { Offline = true }));
        Assert.Empty(Server.Seen);
    }

    /// <summary>What another client has downloaded: blobs, links and a ref, and no list.</summary>
    [Fact]
    public async Task WhatPythonDownloadedIsUsedWithoutAConnection()
    {
        var repo = Publish();
        foreach (var (path, content) in repo.Files)
        {
            var blob = Path.Combine(TinyCache, "blobs", HubRepo.ETag(path, content));
            var pointer = Path.Combine(TinyCache, "snapshots", repo.Head, path);
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            Directory.CreateDirectory(Path.GetDirectoryName(pointer)!);
            File.WriteAllBytes(blob, content);
            File.CreateSymbolicLink(pointer, Path.GetRelativePath(Path.GetDirectoryName(pointer)!, blob));
        }

        Directory.CreateDirectory(Path.Combine(TinyCache, "refs"));
        File.WriteAllText(Path.Combine(TinyCache, "refs", "main"), repo.Head);
        using var model = await ClipModel.FromPretrainedAsync(Tiny, Options with { Offline = true });
        Assert.Empty(Server.Seen);
        Assert.Equal(8, model.EmbedText("red").Length);

        // With a connection only the lists are asked for.
        await DownloadAsync();
        Assert.DoesNotContain(Server.Seen, s => s.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OfflineWithoutTheModelSaysWhereItWouldBe()
    {
        Publish();
        var fault = await FailAsync(Options with { Offline = true });
        Assert.Equal(ClipHubError.Offline, fault.Error);
        Assert.Contains(Cache, fault.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Seen);
    }

    [Fact]
    public async Task AnotherPrecisionIsNotTakenForTheOneThatIsCached()
    {
        Publish();
        await DownloadAsync();
        await FailAsync(Options with { Offline = true, Precision = ClipPrecision.Fp16 });
    }

    [Fact]
    public async Task WithoutAConnectionTheCachedModelIsUsed()
    {
        Publish();
        var folder = await DownloadAsync();
        var nobody = Options with { Endpoint = new Uri("http://127.0.0.1:9") };
        Assert.Equal(folder, await DownloadAsync(nobody));
        Assert.Equal(ClipHubError.Unreachable, (await FailAsync(nobody, "tiny/other")).Error);
    }

    /// <summary>Then each file's headers tell its hash.</summary>
    [Fact]
    public async Task AListWithoutHashesGivesTheSameCache()
    {
        var repo = Publish();
        Server.ListsHashes = false;
        var folder = await DownloadAsync();
        AssertNothingHalf(repo);
        Assert.All(Files, path => Assert.EndsWith(
            HubRepo.ETag(path, repo.Files[path]), new FileInfo(Path.Combine(folder, path)).LinkTarget, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ABlobThatAnotherClientLeftShortIsDownloadedAgain()
    {
        var repo = Publish();
        var folder = await DownloadAsync();
        var path = Path.Combine(folder, "onnx", "vision_model.onnx");
        using (var cut = new FileStream(path, FileMode.Open)) cut.SetLength(10);
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task ALinkToNothingIsReplaced()
    {
        var repo = Publish();
        await DownloadAsync();
        File.Delete(Path.Combine(TinyCache, "blobs", HubRepo.ETag("config.json", repo.Files["config.json"])));
        await DownloadAsync();
        AssertNothingHalf(repo);
    }

    [SkippableFact]
    public async Task ACacheThatCannotBeWrittenIsReadAllTheSame()
    {
        Skip.If(Environment.UserName == "root", "Root may write everywhere.");
        Publish();
        var folder = await DownloadAsync();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(TinyCache, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(folder, await DownloadAsync());
    }
}
