using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Clip.Hub.Tests.Server;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary><c>clip pull</c> and <c>--model NAME</c>, in processes of their own, from the test server.</summary>
[Collection(SharedModel.Name)]
public sealed class PullTests(RealModel real) : HubFixture
{
    private const string Weights = "tiny/weights";

    [Fact]
    public async Task ItPrintsTheFolderAndSaysOnceThatItDownloads()
    {
        var repo = Publish();
        var first = (await ClipAsync("pull", Tiny)).Succeeded();
        Assert.Equal(Path.Combine(TinyCache, "snapshots", repo.Head), Assert.Single(first.OutputLines));
        Assert.Equal("Downloading tiny/clip", first.ErrorLines[0]);
        Assert.Matches(@"^Downloaded tiny/clip: \d+\.\d MB in \d+\.\d s$", first.ErrorLines[1]);

        var second = (await ClipAsync("pull", Tiny)).Succeeded();
        Assert.Equal(first.Output, second.Output);
        Assert.Empty(second.Error);
    }

    [Fact]
    public async Task ItCopiesTheModelOutOfTheCache()
    {
        Publish(change: folder => TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model_int8.onnx")));
        await ClipHub.DownloadAsync(Tiny, Options);
        var output = Path.Combine(Root, "assets", "copy");
        var copied = (await ClipAsync("pull", Tiny, "--output", output)).Succeeded();
        Assert.Equal(output, Assert.Single(copied.OutputLines));
        Assert.All(FilesIn(output), file => Assert.Null(new FileInfo(Path.Combine(output, file)).LinkTarget));
        Assert.DoesNotContain(FilesIn(output), file => file.Contains("int8", StringComparison.Ordinal));
        using var model = ClipModel.Open(output);
        Assert.Equal(TinyClip.Dimension, model.EmbedText("red").Length);
    }

    [Fact]
    public async Task ItBringsThePrecisionThatIsAskedFor()
    {
        Publish(change: folder =>
        {
            TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model_int8.onnx"));
            TinyClip.SaveText(Path.Combine(folder, "onnx", "text_model_int8.onnx"));
        });
        var output = Path.Combine(Root, "assets", "copy");
        (await ClipAsync("pull", Tiny, "--precision", "int8", "--output", output)).Succeeded();
        Assert.Equal(
            ["onnx/text_model_int8.onnx", "onnx/vision_model_int8.onnx"],
            FilesIn(output).Where(file => file.EndsWith(".onnx", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AModelIsClassifiedWithByItsName()
    {
        Publish();
        using var pictures = new TinyFolder();
        var labels = Path.Combine(pictures.Path, "labels.txt");
        File.WriteAllLines(labels, TinyFolder.Colors);
        var run = (await ClipAsync(["classify", "--model", Tiny, "--labels", labels, .. pictures.Pictures(3)])).Succeeded();
        Assert.Equal(TinyFolder.Colors, run.OutputLines.Chunk(4).Select(lines => lines[1].Split(' ')[^1]));
    }

    [Theory]
    [InlineData("Hugging Face")]
    [InlineData("shards")]
    [InlineData("open_clip")]
    [InlineData("timm")] // open_clip's files beside those of an image tower
    public async Task WeightsAreConvertedOnce(string kind)
    {
        var repo = Server.Add(Weights);
        repo.Commit(WeightsOf(kind));
        var first = (await ClipAsync("pull", Weights)).Succeeded();
        Assert.Contains("Converting tiny/weights to ONNX, once.", first.ErrorLines);
        var folder = Assert.Single(first.OutputLines);
        using (ClipModel ours = ClipModel.Open(folder), original = ClipModel.Open(real.Folder))
        {
            Assert.Equal(original.EmbedText("a photo of a red cat"), ours.EmbedText("a photo of a red cat"));
            Assert.Equal(original.EmbedImage(TinyFolder.Picture(1, 2)), ours.EmbedImage(TinyFolder.Picture(1, 2)));
        }

        Server.Forget();
        var second = (await ClipAsync("pull", Weights)).Succeeded();
        Assert.Equal(first.Output, second.Output);
        Assert.Empty(second.Error);
        Assert.Equal(folder, await ClipHub.DownloadAsync(Weights, Options));
        Assert.DoesNotContain(Server.Seen, s => s.Path.Contains("/resolve/", StringComparison.Ordinal));

        // Both work without a connection, too.
        Assert.Equal(folder, await ClipHub.DownloadAsync(Weights, Options with { Offline = true }));
    }

    /// <summary>Names of models where weights are read.</summary>
    [Fact]
    public async Task WhatTakesWeightsTakesAName()
    {
        Server.Add(Weights).Commit(WeightsOf("Hugging Face"));
        var assets = Directory.CreateDirectory(Path.Combine(Root, "assets")).FullName;
        var (exported, between) = (Path.Combine(assets, "x.safetensors"), Path.Combine(assets, "between"));
        (await ClipAsync("export-safetensors", Weights, "--output", exported)).Succeeded();
        Assert.Equal(await File.ReadAllBytesAsync(real.OpenClipWeights), await File.ReadAllBytesAsync(exported));

        var interpolated = (await ClipAsync("interpolate", Weights, real.Folder, "--output", between)).Succeeded();
        Assert.Empty(interpolated.Error); // downloaded and converted already
        using (ClipModel ours = ClipModel.Open(between), original = ClipModel.Open(real.Folder))
            Assert.Equal(original.EmbedText("a red cat"), ours.EmbedText("a red cat"));

        using var pictures = new TinyFolder();
        var rows = pictures.Pictures(4).Select(path => $"{path}\ta red cat {path.Length}");
        await File.WriteAllLinesAsync(pictures["pairs.tsv"], rows.Prepend("filepath\ttitle"));
        var trained = (await ClipAsync(
            "train", "--pretrained", Weights, "--train-data", pictures["pairs.tsv"], "--batch-size", "2", "--epochs", "1", "--dry-run"))
            .Succeeded();
        Assert.DoesNotContain("Downloading", trained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeConvertedIsRefusedBeforeItsWeightsCome()
    {
        var files = WeightsOf("open_clip");
        files["open_clip_config.json"] = """
            {"model_cfg": {"embed_dim": 16, "multimodal_cfg": {"layers": 2}, "vision_cfg": {"image_size": 32, "layers": 1, "width": 32,
             "patch_size": 8}, "text_cfg": {"context_length": 16, "vocab_size": 530, "width": 32, "heads": 2, "layers": 1}}}
            """u8.ToArray();
        Server.Add(Weights).Commit(files);
        var run = await ClipAsync("pull", Weights);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.StartsWith("clip: ", StringComparison.Ordinal));
        Assert.DoesNotContain(Server.Seen, s => s.IsStorage);
    }

    [Fact]
    public async Task AModelWithNeitherIsToldWhatItLacks()
    {
        Server.Add(Weights).Commit(new Dictionary<string, byte[]> { ["flax_model.msgpack"] = [1], ["config.json"] = "{}"u8.ToArray() });
        var run = await ClipAsync("pull", Weights);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("has neither ONNX files nor weights with a config", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAConnectionClassifySaysWhatItWantedAndWhatNeedsNone()
    {
        using var pictures = new TinyFolder();
        File.WriteAllText(Path.Combine(pictures.Path, "labels.txt"), "red\nblue");
        var variables = Variables;
        variables["HF_ENDPOINT"] = "http://127.0.0.1:9";
        var run = await ClipAsync(
            variables, "classify", "--model", Tiny, "--labels", Path.Combine(pictures.Path, "labels.txt"), pictures.Pictures(1)[0]);
        Assert.Equal(1, run.ExitCode);
        var line = Assert.Single(run.ErrorLines);
        Assert.Contains("tiny/clip could not be downloaded: http://127.0.0.1:9/", line, StringComparison.Ordinal);
        Assert.Contains("'clip quickstart' needs no download", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheListHasAllModelsThatHaveAShortName()
    {
        var lines = (await ClipAsync("pull", "--list")).Succeeded().OutputLines;
        Assert.Equal(ClipHub.KnownModels.Select(m => m.Name), lines.Skip(1).Select(line => line.Split(' ')[0]));
        var standard = lines.Single(line => line.EndsWith(ClipHub.DefaultModel, StringComparison.Ordinal));
        Assert.Contains("63.3 %", standard, StringComparison.Ordinal);
        // Each in its column, of which the heading is a part.
        var starts = lines[0].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1..]
            .Select(heading => lines[0].IndexOf($"  {heading}", StringComparison.Ordinal));
        Assert.All(starts, at => Assert.All(lines, line => Assert.Equal("  ", line[at..(at + 2)])));
        Assert.Empty(Server.Seen);
    }

    [Theory]
    [InlineData("pull no-such-name", "'no-such-name' is no model's name")]
    [InlineData("pull tiny/none", "There is no model 'tiny/none'")]
    [InlineData("pull tiny/clip --revision v9", "has no revision 'v9'")]
    [InlineData("pull tiny/clip --precision fp16", "has no fp16 ONNX files")]
    [InlineData("pull openai:ViT-B/32 --revision main", "--revision is for repositories")]
    [InlineData("classify --model tiny/none --labels labels.txt x.png", "Model folder 'tiny/none' does not exist. There is no model")]
    [InlineData("classify --model ./none --labels labels.txt x.png", "Model folder './none' does not exist; give a folder that does")]
    public async Task AFailureIsOneSentence(string command, string sentence)
    {
        Publish();
        using var files = new TempFolder();
        var (labels, picture) = (files.Write("labels.txt", "red"), files.Write("x.png", "never read"));
        var run = await ClipAsync(
            [.. command.Split(' ').Select(word => word == "labels.txt" ? labels : word == "x.png" ? picture : word)]);
        Assert.Equal(1, run.ExitCode);
        var line = run.ErrorLines.Single(l => !l.StartsWith("Downloading", StringComparison.Ordinal));
        Assert.StartsWith("clip: ", line, StringComparison.Ordinal);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    /// <summary>The hub's name cannot be resolved here: only the proxy, which is the server, knows it.</summary>
    [Fact]
    public async Task TheHubIsAskedThroughAProxy()
    {
        var repo = Publish();
        var variables = Variables;
        variables["HF_ENDPOINT"] = "http://hub.invalid";
        variables["http_proxy"] = Server.Endpoint.AbsoluteUri;
        variables["NO_PROXY"] = "127.0.0.1";
        (await ClipAsync(variables, "pull", Tiny, "--allow-http")).Succeeded();
        AssertNothingHalf(repo);

        var refused = await ClipAsync(variables, "pull", Tiny);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("allow http with --allow-http.", refused.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task AFullDiskIsToldAndLeavesNothingHalf()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The limit is Linux's.");
        var repo = Publish(change: folder => TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model.onnx"), ballast: 50_000));
        using var process = ChildProcess.DotnetWithFilesUpTo(64, Root, ClipProcess.Arguments(["pull", Tiny]), Variables);
        var run = await process.FinishAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The disk is full at", run.Error, StringComparison.Ordinal);
        AssertNothingHalf(repo);
    }

    [Fact]
    public async Task AKilledPullIsGoneOnWith()
    {
        var repo = Publish(change: folder => TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model.onnx"), ballast: 50_000));
        Server.Fault = request => request.QueryString.Value!.Contains("Signature", StringComparison.Ordinal)
            ? new() { CutAfter = 60_000, Stall = TimeSpan.FromMinutes(5) } : null;
        using (var process = ChildProcess.Dotnet(Root, ClipProcess.Arguments(["pull", Tiny]), Variables))
        {
            await ArrivedAsync(60_000);
            process.Kill();
        }

        AssertNothingHalf(repo);
        Server.Fault = _ => null;
        (await ClipAsync("pull", Tiny)).Succeeded();
        AssertNothingHalf(repo);
        Assert.Contains(Server.Seen, s => s.Range == "bytes=60000-");
    }

    [Fact]
    public async Task TwoProcessesAtOnceDownloadOnce()
    {
        var repo = Publish();
        var runs = await Task.WhenAll(ClipAsync("pull", Tiny), ClipAsync("pull", Tiny));
        Assert.All(runs, run => run.Succeeded());
        AssertNothingHalf(repo);
        var downloads = Server.Seen.Where(s => s.Path.Contains("/resolve/", StringComparison.Ordinal));
        Assert.All(downloads.GroupBy(s => s.Path), s => Assert.Single(s));
    }

    /// <summary>OpenAI's own address cannot be reached by a test; an archive at the server's can.</summary>
    [Fact]
    public async Task AnArchiveIsHeldAgainstItsHashAndDownloadedOnce()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        Server.Fault = request => request.Path == "/x.pt"
            ? new() { Body = content, CutAfter = request.Headers.Range.Count == 0 ? 40_000 : null } : null;
        var archive = new OpenAIArchive("x", HubRepo.Sha256(content), "x.pt") { Address = new Uri(Server.Endpoint, "x.pt") };
        var settings = HubSettings.From(Options with { Token = HubServer.Token });
        Directory.CreateDirectory(Cache);
        File.WriteAllText(Path.Combine(Cache, "x.pt"), "something else");
        var path = await archive.DownloadAsync(settings, Cache, null, CancellationToken.None);
        Assert.Equal(content, await File.ReadAllBytesAsync(path));

        Server.Forget();
        Assert.Equal(path, await archive.DownloadAsync(settings with { Offline = true }, Cache, null, CancellationToken.None));
        Assert.Empty(Server.Seen);
    }

    private Dictionary<string, byte[]> WeightsOf(string kind)
    {
        var files = Directory.GetFiles(real.Folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        switch (kind)
        {
            case "shards":
                files["model-00001-of-00001.safetensors"] = files["model.safetensors"];
                files["model.safetensors.index.json"] = JsonSerializer.SerializeToUtf8Bytes(
                    new { weight_map = new Dictionary<string, string> { ["logit_scale"] = "model-00001-of-00001.safetensors" } });
                files.Remove("model.safetensors");
                break;
            case "open_clip" or "timm":
                files["open_clip_model.safetensors"] = File.ReadAllBytes(real.OpenClipWeights);
                files["open_clip_config.json"] = System.Text.Encoding.UTF8.GetBytes(RealModel.OpenClipConfig(real.Vocabulary));
                files.Remove("model.safetensors");
                files.Remove("config.json");
                if (kind == "open_clip") break;
                files["config.json"] = """{"architecture": "vit_base_patch32_clip_224", "num_classes": 0}"""u8.ToArray();
                files["model.safetensors"] = [1, 2, 3];
                break;
        }

        return files;
    }
}
