using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Large matrices are read where they lie in the tower's file: to the same bits, and only while the session starts.</summary>
public sealed class MappedMatricesTests : IDisposable
{
    private const int Width = 4096;

    private readonly TinyFolder _folder = new(path =>
    {
        TinyFolder.LayTransformersJs(path);
        TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), width: Width);
    });

    private string Tower => _folder["onnx/vision_model.onnx"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheGraphRefersToThem_AndHasAllElse()
    {
        var graph = MappedMatrices.Read(Tower);

        Assert.NotNull(graph);
        var matrix = 3 * Width * sizeof(float);
        Assert.InRange(graph.Length, 1, new FileInfo(Tower).Length - matrix + 100);
    }

    [Theory]
    [InlineData(ClipGraphOptimization.None)]
    [InlineData(ClipGraphOptimization.Basic)]
    [InlineData(ClipGraphOptimization.All)]
    public void FeaturesHaveTheBitsOfASessionOfTheFileItself(ClipGraphOptimization optimization)
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * TinyClip.ImageSize * TinyClip.ImageSize).Select(i => MathF.Sin(i))];
        using var own = SessionStart.Open(Tower, new() { GraphOptimization = optimization }).Session;
        using var plain = new InferenceSession(Tower);

        Assert.Equal(Run(plain, pixels), Run(own, pixels));
    }

    /// <summary>A mapped file that is cut off ends the process; one that is written anew would change features without a word.</summary>
    [Fact]
    public void TheFileMayBeWrittenAnewWhileTheModelIsOpen()
    {
        using var model = ClipModel.Open(_folder.Path);
        var picture = _folder.Pictures(1)[0];
        var expected = model.EmbedImage(picture);
        if (OperatingSystem.IsLinux()) Assert.DoesNotContain(Tower, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        File.WriteAllBytes(Tower, []);

        Assert.Equal(expected, model.EmbedImage(picture));
    }

    /// <summary>The cache of Hugging Face's hub: folders of links.</summary>
    [Fact]
    public void AModelOfLinksStartsTheSameWay()
    {
        var blob = _folder["blob"];
        File.Move(Tower, blob);
        File.CreateSymbolicLink(Tower, blob);

        using var session = SessionStart.OpenMapped(Tower, new());
        Assert.NotNull(session);
    }

    /// <summary>What other operations read stays mapped as long as the session lives, so it is no reference.</summary>
    [Theory]
    [InlineData("Add")]
    [InlineData("Transpose")]
    public void WhatIsNoFactorAloneStaysInTheGraph(string operation)
    {
        var graph = new OnnxGraph();
        graph.Input("pixels", OnnxGraph.Float, "batch", 64);
        var matrix = graph.Weights("matrix", new float[64 * 64], 64, 64);
        var product = graph.Node("MatMul", "product", ["pixels", matrix]);
        graph.Node(operation, "other", operation == "Add" ? [product, matrix] : [matrix]);
        graph.Output("other", OnnxGraph.Float, "batch", 64);
        graph.Save(Tower);

        Assert.Null(MappedMatrices.Read(Tower));
    }

    /// <summary>Then most of the file would be read twice.</summary>
    [Fact]
    public void AFileThatIsMostlySomethingElseIsOpenedByItsPath()
    {
        TinyClip.SaveVision(Tower, width: Width, ballast: 4 * Width);
        Assert.Null(MappedMatrices.Read(Tower));
    }

    private static float[] Run(InferenceSession session, float[] pixels)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, TinyClip.ImageSize, TinyClip.ImageSize]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["pixel_values"], [input], ["image_embeds"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
