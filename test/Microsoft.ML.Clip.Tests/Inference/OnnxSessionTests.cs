using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests.Inference;

public sealed class OnnxSessionTests
{
    private const int Side = 700;

    /// <summary>A run in flight has what it reads until it has ended, whoever closes the session meanwhile.</summary>
    [Fact]
    public async Task WhatARunReadsIsThereUntilItEnds()
    {
        // A busy machine may start the run late, or end it early: then nothing was seen.
        for (var attempt = 1; !await SeeAsync(TimeSpan.FromMilliseconds(5 * attempt)); attempt++) Assert.True(attempt < 40);
    }

    /// <summary>It would go with the files, and never be read.</summary>
    [Fact]
    public void NoOptimizedGraphIsKeptBesideWhatWasUnpacked()
    {
        using var folder = TemporaryFolder.Create(null);
        TinyClip.SaveVision(Path.Combine(folder.Path, "vision.onnx"), width: 512);

        using (OnnxSession.Open(new OnnxFile(Path.Combine(folder.Path, "vision.onnx"), folder), new() { CacheOptimizedGraph = true }))
            Assert.Equal([".lock", "vision.onnx"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    /// <summary>Whether the session was closed in the middle of a run.</summary>
    private static async Task<bool> SeeAsync(TimeSpan into)
    {
        var folder = TemporaryFolder.Create(null);
        var path = Path.Combine(folder.Path, "products.onnx");
        SaveProducts(path);
        using var session = OnnxSession.Open(new OnnxFile(path, folder), new ClipSessionOptions { IntraOpThreads = 1 });
        var (numbers, products) = (new float[Side * Side], new float[Side * Side]);
        numbers.AsSpan().Fill(1f / Side);
        using var input = OrtValue.CreateTensorValueFromMemory(numbers, [Side, Side]);
        using var output = OrtValue.CreateTensorValueFromMemory(products, [Side, Side]);
        using var isStarted = new ManualResetEventSlim();
        var run = Task.Factory.StartNew(
            () =>
            {
                isStarted.Set();
                session.Run(["x"], [input], "y", output);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        isStarted.Wait();
        await Task.Delay(into);

        session.Dispose();
        var isThere = File.Exists(path);
        var isInFlight = !run.IsCompleted;
        try
        {
            await run;
        }
        catch (ObjectDisposedException)
        {
            return false; // it came after the closing
        }

        if (!isInFlight) return false;
        Assert.True(isThere, "The files went while they were in use.");
        Assert.False(Directory.Exists(folder.Path));
        Assert.All(products, product => Assert.Equal(1f / Side, product, 1e-5f));
        return true;
    }

    /// <summary>Matrices of 1 / n times each other, which come to the same: many products, for a run of some length.</summary>
    private static void SaveProducts(string path)
    {
        var graph = new OnnxGraph();
        graph.Input("x", OnnxGraph.Float, Side, Side);
        var product = "x";
        for (var i = 0; i < 8; i++) product = graph.Node("MatMul", i == 7 ? "y" : $"x{i}", [product, "x"]);
        graph.Output("y", OnnxGraph.Float, Side, Side);
        graph.Save(path);
    }
}
