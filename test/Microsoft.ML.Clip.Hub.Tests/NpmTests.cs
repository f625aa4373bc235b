using System.Text.Json;
using Microsoft.ML.Clip.Hub.Tests.Server;
using SkiaSharp;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>
/// Other people's clients take the test server for the hub, and our cache for theirs: npm's <c>@huggingface/hub</c> and transformers.js,
/// where <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder into which
/// <c>npm install --ignore-scripts @huggingface/hub @huggingface/transformers</c> has put them.
/// </summary>
[Collection(SharedModel.Name)]
public sealed class NpmTests(RealModel real) : HubFixture
{
    private const string Real = "tiny/real";

    private string TheirCache => Path.Combine(Root, "assets", "theirs");

    [SkippableFact]
    public async Task TheirListIsTheRepositorys()
    {
        var repo = PublishReal();
        Server.PageSize = 3;
        var listed = (await NodeAsync("hub.mjs", "@huggingface/hub", TheirCache, Real, "main", "list"))
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line))
            .Where(entry => entry.GetProperty("type").GetString() == "file")
            .ToDictionary(entry => entry.GetProperty("path").GetString()!, entry => entry.GetProperty("size").GetInt32());
        Assert.Equal(repo.Files.ToDictionary(f => f.Key, f => f.Value.Length), listed);
    }

    [SkippableFact]
    public async Task TheirCacheAndOursAreTheSameFileByFile()
    {
        var repo = PublishReal();
        var theirs = Assert.Single(await NodeAsync("hub.mjs", "@huggingface/hub", TheirCache, Real, "main", "snapshot"));
        var ours = await DownloadAllAsync();
        Assert.Equal(Path.GetRelativePath(TheirCache, theirs), Path.GetRelativePath(Cache, ours));
        var (root, other) = (Path.Combine(Cache, "models--tiny--real"), Path.Combine(TheirCache, "models--tiny--real"));
        // The list of files is huggingface_hub's, which npm's does not keep.
        Assert.Equal(FilesIn(other), FilesIn(root).Where(path => !path.StartsWith("trees", StringComparison.Ordinal)));
        foreach (var path in FilesIn(other))
        {
            Assert.Equal(new FileInfo(Path.Combine(other, path)).LinkTarget, new FileInfo(Path.Combine(root, path)).LinkTarget);
            Assert.Equal(File.ReadAllBytes(Path.Combine(other, path)), File.ReadAllBytes(Path.Combine(root, path)));
        }

        Assert.Equal(repo.Head, File.ReadAllText(Path.Combine(other, "refs", "main")));
    }

    [SkippableFact]
    public async Task WhatTheyDownloadedIsUsedHere()
    {
        PublishReal();
        await NodeAsync("hub.mjs", "@huggingface/hub", Cache, Real, "main", "snapshot");
        Server.Forget();
        using var model = await ClipModel.FromPretrainedAsync(Real, Options with { Offline = true });
        Assert.Equal(16, model.EmbedText("a red cat").Length);
        Assert.Empty(Server.Seen);
    }

    [SkippableFact]
    public async Task WhatWeDownloadedIsUsedThere()
    {
        var repo = PublishReal();
        var ours = await ClipHub.DownloadAsync(Real, Options);
        Server.Forget();
        var file = Assert.Single(await NodeAsync("hub.mjs", "@huggingface/hub", Cache, Real, repo.Head, "file"));
        Assert.Equal(Path.Combine(ours, "onnx", "vision_model.onnx"), file);
        Assert.Empty(Server.Seen);

        var scanned = JsonSerializer.Deserialize<JsonElement>(
            Assert.Single(await NodeAsync("hub.mjs", "@huggingface/hub", Cache, Real, repo.Head, "scan")));
        Assert.Empty(scanned.GetProperty("warnings").EnumerateArray());
        var cached = Assert.Single(scanned.GetProperty("repos").EnumerateArray());
        Assert.Equal(Real, cached.GetProperty("id").GetProperty("name").GetString());
        var revision = Assert.Single(cached.GetProperty("revisions").EnumerateArray());
        Assert.Equal("main", Assert.Single(revision.GetProperty("refs").EnumerateArray()).GetString());
    }

    /// <summary>A picture of the model's own size needs no resizing, in which the two differ.</summary>
    [SkippableFact]
    public async Task TransformersJsDownloadsFromTheServerAndComputesTheSame()
    {
        PublishReal();
        string[] labels = ["red cat", "green dog", "blue car"];
        var image = Path.Combine(Directory.CreateDirectory(TheirCache).FullName, "picture.png");
        using (var bitmap = new SKBitmap(32, 32))
        {
            for (var i = 0; i < 32 * 32; i++) bitmap.SetPixel(i % 32, i / 32, new SKColor((byte)(7 * i), (byte)(i * i), (byte)(i / 4)));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            await File.WriteAllBytesAsync(image, png.ToArray());
        }

        var theirs = JsonSerializer.Deserialize<float[]>(Assert.Single(await NodeAsync(
            "classify.mjs", "@huggingface/transformers", TheirCache, Real, "main", JsonSerializer.Serialize(labels), image)))!;
        Assert.Contains(Server.Seen, s => s.IsStorage);

        using var model = await ClipModel.FromPretrainedAsync(Real, Options);
        var picture = model.EmbedImage(image);
        var logits = labels
            .Select(label => model.LogitScale * model.EmbedText($"a photo of a {label}.").Zip(picture, (a, b) => a * b).Sum()).ToArray();
        var odds = logits.Select(logit => MathF.Exp(logit - logits.Max())).ToArray();
        Assert.All(odds.Zip(theirs), pair => Assert.Equal(pair.First / odds.Sum(), pair.Second, 1e-4f));
    }

    private HubRepo PublishReal()
    {
        var repo = Server.Add(Real);
        repo.CommitFolder(real.Folder);
        return repo;
    }

    private async Task<string> DownloadAllAsync()
    {
        var repository = await HubRepository.OpenAsync(new HubClient(HubSettings.From(Options)), Real, Options, CancellationToken.None);
        await repository.DownloadAsync(repository.Files, CancellationToken.None);
        repository.Keep();
        return repository.Folder;
    }

    private async Task<string[]> NodeAsync(string script, string package, string cache, params string[] arguments)
    {
        var modules = Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");
        Skip.If(modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        Skip.IfNot(Directory.Exists(Path.Combine(modules!, package)), $"{modules} has no {package}.");
        var path = Path.Combine(AppContext.BaseDirectory, "Npm", script);
        using var node = ChildProcess.Start(
            "node", Root, [path, modules!, Server.Endpoint.AbsoluteUri.TrimEnd('/'), cache, .. arguments]);
        return (await node.FinishAsync()).Succeeded().OutputLines;
    }
}
