using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Graphs kept beside the model: the next start reads them and computes the same, as long as they are the model's.</summary>
public sealed class OptimizedGraphTests : IDisposable
{
    private static readonly ClipModelOptions Kept = new() { Session = new() { CacheOptimizedGraph = true } };

    private readonly TinyFolder _folder = new(path =>
    {
        TinyFolder.LayTransformersJs(path);
        // More than a kilobyte of weights, so that some lie in the file that is mapped.
        TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), width: 512);
    });

    private string Cache => _folder["onnx/.optimized"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithoutTheOptionNothingIsKept()
    {
        Embed(new());
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public void TheNextStartReadsWhatTheFirstKept_ToTheSameBits()
    {
        var expected = Embed(new());
        Assert.Equal(expected, Embed(Kept));
        var graph = Path.Combine(Assert.Single(Directory.GetDirectories(Cache)), "model.onnx");
        var written = File.GetLastWriteTimeUtc(graph);
        Assert.True(new FileInfo(graph + ".data").Length >= 3 * 512 * sizeof(float));
        Assert.Equal(expected, Embed(Kept));
        Assert.Equal(written, File.GetLastWriteTimeUtc(graph));

        // It is read indeed: with other weights in it, other features come out.
        var weights = File.ReadAllBytes(graph + ".data");
        for (var i = 3; i < weights.Length; i += 4) weights[i] ^= 0x80;
        File.WriteAllBytes(graph + ".data", weights);
        Assert.NotEqual(expected, Embed(Kept));
    }

    [Theory]
    [InlineData(null, "vision_model.onnx")]
    [InlineData("weights", "weights")]
    public void AModelTrainedAnewIsNotReadFromTheOldOnesGraph(string? external, string file)
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: external);
        var old = Embed(Kept);
        var path = _folder[$"onnx/{file}"];
        var bytes = File.ReadAllBytes(path);
        var projection = bytes.AsSpan().IndexOf(TinyClip.ProjectionBytes());
        for (var i = projection + 3; i < projection + TinyClip.ProjectionBytes().Length; i += 4) bytes[i] ^= 0x80;
        var date = File.GetLastWriteTimeUtc(path);
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, date);

        var anew = Embed(Kept);
        Assert.NotEqual(old, anew);
        Assert.Equal(Embed(new()), anew);
        Assert.Single(Directory.GetDirectories(Cache));
    }

    /// <summary>Copying changes dates, and not the model.</summary>
    [Fact]
    public void ACopiedFolderBringsItsGraphs()
    {
        Embed(Kept);
        File.SetLastWriteTimeUtc(_folder["onnx/vision_model.onnx"], DateTime.UtcNow.AddDays(-1));
        var graph = Path.Combine(Assert.Single(Directory.GetDirectories(Cache)), "model.onnx");
        var written = File.GetLastWriteTimeUtc(graph);
        Embed(Kept);
        Assert.Equal(written, File.GetLastWriteTimeUtc(graph));
    }

    [Theory]
    [InlineData("model.onnx", "damaged")]
    [InlineData("source.txt", "damaged")]
    [InlineData("source.txt", "\n")]
    [InlineData("source.txt", "")]
    [InlineData("source.txt", null)]
    public void WhatIsDamagedIsMadeAnew(string part, string? content)
    {
        var expected = Embed(Kept);
        var place = Assert.Single(Directory.GetDirectories(Cache));
        if (content is null) File.Delete(Path.Combine(place, part));
        else File.WriteAllText(Path.Combine(place, part), content);
        Assert.Equal(expected, Embed(Kept));
        Assert.True(new FileInfo(Path.Combine(place, part)).Length > 20);
    }

    [Fact]
    public void WeightsThatAreCutShortAreMadeAnew()
    {
        var expected = Embed(Kept);
        var place = Assert.Single(Directory.GetDirectories(Cache));
        using (var weights = File.OpenWrite(Path.Combine(place, "model.onnx.data"))) weights.SetLength(100);
        Assert.Equal(expected, Embed(Kept));
    }

    [Fact]
    public void OtherOptimizationIsAnotherGraph_AndEachTowerHasItsOwn()
    {
        Embed(Kept);
        Embed(new() { Session = new() { CacheOptimizedGraph = true, GraphOptimization = ClipGraphOptimization.Basic } });
        using (var model = ClipModel.Open(_folder.Path, Kept)) model.EmbedText("red");
        Assert.Equal(3, Directory.GetDirectories(Cache).Length);
    }

    /// <summary>A file in the folder's place stands for a folder that cannot be written to.</summary>
    [Fact]
    public void WhereNothingCanBeKeptItStartsAsWithout()
    {
        File.WriteAllText(Cache, "");
        Assert.Equal(Embed(new()), Embed(Kept));
    }

    [Fact]
    public void ATowerThatIsNoneIsRefusedAsWithout()
    {
        var graph = new OnnxGraph();
        graph.Node("NoSuchOperator", "out", ["in"]);
        graph.Save(_folder["onnx/vision_model.onnx"]);
        var plain = Assert.Throws<InvalidDataException>(() => Embed(new()));
        Assert.Equal(plain.Message, Assert.Throws<InvalidDataException>(() => Embed(Kept)).Message);
        Assert.Empty(Directory.GetDirectories(Cache));
    }

    [Fact]
    public async Task ManyMayStartAtOnce()
    {
        var expected = Embed(new());
        var started = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
            // Other numbers of threads are other sessions, and the same graph.
            Embed(new() { Session = new() { CacheOptimizedGraph = true, IntraOpThreads = 1 + i } }))));
        Assert.All(started, features => Assert.Equal(expected, features));
        Assert.Single(Directory.GetDirectories(Cache));
        Assert.Equal(expected, Embed(Kept));
    }

    private float[] Embed(ClipModelOptions options)
    {
        using var model = ClipModel.Open(_folder.Path, options);
        return model.EmbedImage(_folder.Pictures(1)[0]);
    }
}
