using System.Collections.Concurrent;
using Microsoft.ML.Clip.Hub.Tests.Server;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>What is downloaded, and how often.</summary>
public sealed class DownloadTests : HubFixture
{
    [Fact]
    public async Task AModelComesByItsNameAndClassifies()
    {
        Publish();
        using var model = await ClipModel.FromPretrainedAsync(Tiny, Options);
        var image = model.EmbedImage(TinyFolder.Picture(color: 0, variation: 3));
        var scores = TinyFolder.Colors.Select(label => model.EmbedText(label).Zip(image, (a, b) => a * b).Sum()).ToArray();
        Assert.Equal(scores.Max(), scores[0]);
    }

    [Fact]
    public async Task OnlyOnePrecisionAndNoOtherFrameworksWeightsAreDownloaded()
    {
        Publish(change: folder =>
        {
            foreach (var suffix in new[] { "_fp16", "_int8", "_q4" })
            {
                TinyClip.SaveVision(Path.Combine(folder, "onnx", $"vision_model{suffix}.onnx"));
                TinyClip.SaveText(Path.Combine(folder, "onnx", $"text_model{suffix}.onnx"));
            }

            TinyClip.SaveCombined(Path.Combine(folder, "onnx", "model.onnx"));
            foreach (var other in new[] { "pytorch_model.bin", "flax_model.msgpack", "README.md", ".gitattributes" })
                File.WriteAllText(Path.Combine(folder, other), "large and useless");
        });
        var folder = await DownloadAsync(Options with { Precision = ClipPrecision.Int8 });
        Assert.Equal(
            [
                "config.json", "merges.txt", Path.Combine("onnx", "text_model_int8.onnx"), Path.Combine("onnx", "vision_model_int8.onnx"),
                "preprocessor_config.json", "vocab.json",
            ],
            FilesIn(folder));
    }

    [Fact]
    public async Task WhatIsCachedIsNotDownloadedAgain()
    {
        var repo = Publish();
        var first = await DownloadAsync();
        Server.Forget();
        Assert.Equal(first, await DownloadAsync());
        var asked = Assert.Single(Server.Seen);
        Assert.Equal("/api/models/tiny/clip/revision/main", asked.Path);

        Server.Forget();
        Assert.Equal(first, await DownloadAsync(Options with { Revision = repo.Head }));
        Assert.Empty(Server.Seen);
    }

    [Fact]
    public async Task ANewCommitBringsOnlyWhatChanged()
    {
        var repo = Publish();
        var former = await DownloadAsync();
        var files = new SortedDictionary<string, byte[]>(repo.Files) { ["config.json"] = [.. repo.Files["config.json"], (byte)'\n'] };
        repo.Commit(files);
        Server.Forget();
        var folder = await DownloadAsync();
        Assert.NotEqual(former, folder);
        Assert.Equal(["config.json"], Server.Seen.Where(s => s.Path.Contains("/resolve/")).Select(s => s.Path.Split('/')[^1]));
        Assert.Equal(repo.Head, File.ReadAllText(Path.Combine(TinyCache, "refs", "main")));
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("refs/pr/7")]
    public async Task ABranchOrTagMayHaveSlashes(string revision)
    {
        var repo = Publish();
        repo.Branches[revision] = repo.Head;
        var folder = await DownloadAsync(Options with { Revision = revision });
        Assert.Equal(Path.Combine(TinyCache, "snapshots", repo.Head), folder);
        Assert.Equal(repo.Head, File.ReadAllText(Path.Combine(TinyCache, "refs", revision)));
    }

    [Fact]
    public async Task TheListIsReadToItsLastPage()
    {
        Server.PageSize = 2;
        Publish();
        (await ClipModel.FromPretrainedAsync(Tiny, Options)).Dispose();
        Assert.True(Server.Seen.Count(s => s.Path.Contains("/tree/", StringComparison.Ordinal)) > 2);
    }

    [Fact]
    public async Task WeightsInFilesOfTheirOwnComeAlong()
    {
        Publish(change: folder =>
        {
            TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model.onnx"), external: "vision_model.onnx_data");
            TinyClip.SaveVision(Path.Combine(folder, "onnx", "unused.onnx"), external: "unused.onnx_data");
        });
        using var model = await ClipModel.FromPretrainedAsync(Tiny, Options);
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(TinyFolder.Picture(0, 0)).Length);
        Assert.DoesNotContain(FilesIn(model.Folder), path => path.Contains("unused", StringComparison.Ordinal));
    }

    /// <summary>As some exporters name them, by the tensor.</summary>
    [Fact]
    public async Task WeightsUnderAnyNameAreFoundInTheGraph()
    {
        Publish(change: folder =>
            TinyClip.SaveVision(Path.Combine(folder, "onnx", "vision_model.onnx"), external: "onnx__MatMul_1.weights"));
        using var model = await ClipModel.FromPretrainedAsync(Tiny, Options);
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(TinyFolder.Picture(0, 0)).Length);
    }

    [Theory]
    [InlineData(4.6052f, null, false)] // what OpenAI's models ended at, which is taken without the file
    [InlineData(3.0f, null, true)]
    [InlineData(4.6052f, -10f, true)]
    public async Task WeightsBesideOnnxAreDownloadedOnlyForATrainedScaleOfTheirOwn(float scale, float? bias, bool isNeeded)
    {
        (string, float)[] trained = bias is { } b ? [("logit_scale", scale), ("logit_bias", b)] : [("logit_scale", scale)];
        Publish(change: folder => Safetensors.Save(Path.Combine(folder, "model.safetensors"), trained));
        using var model = await ClipModel.FromPretrainedAsync(Tiny, Options);
        Assert.Equal(isNeeded, File.Exists(Path.Combine(model.Folder, "model.safetensors")));
        Assert.Equal(MathF.Exp(scale), model.LogitScale, 0.01f);
        Assert.Equal(bias, model.LogitBias);
    }

    [Fact]
    public async Task APrecisionThatIsNotThereIsRefusedWithThoseThatAre()
    {
        Publish();
        var fault = await FailAsync(Options with { Precision = ClipPrecision.Fp16 });
        Assert.Equal(ClipHubError.FileNotFound, fault.Error);
        const string told = "tiny/clip has no fp16 ONNX files; it has onnx/text_model.onnx, onnx/vision_model.onnx";
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WeightsAloneAreForClipPull()
    {
        var repo = Server.Add(Tiny);
        repo.Commit(new Dictionary<string, byte[]> { ["model.safetensors"] = [1], ["config.json"] = "{}"u8.ToArray() });
        var fault = await FailAsync();
        Assert.Equal(ClipHubError.NeedsConversion, fault.Error);
        Assert.Contains("run 'clip pull tiny/clip' once", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgressAddsUpToTheSizeOfAllFiles()
    {
        var repo = Publish();
        var told = new ConcurrentQueue<ClipHubProgress>();
        var folder = await DownloadAsync(Options with { Progress = new Told(told.Enqueue) });
        Assert.Equal(FilesIn(folder).Sum(path => new FileStream(Path.Combine(folder, path), FileMode.Open).Length), told.Last().TotalBytes);
        Assert.Equal(told.Last().TotalSize, told.Last().TotalBytes);
        Assert.Contains(told, p => p.File == "onnx/vision_model.onnx" && p.FileBytes == repo.Files[p.File].Length);
        Assert.All(told.Zip(told.Skip(1)), pair => Assert.True(pair.First.TotalBytes <= pair.Second.TotalBytes));
    }

    private sealed class Told(Action<ClipHubProgress> tell) : IProgress<ClipHubProgress>
    {
        public void Report(ClipHubProgress value) => tell(value);
    }
}
