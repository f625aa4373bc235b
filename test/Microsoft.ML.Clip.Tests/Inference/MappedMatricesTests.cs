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

    [Fact]
    public void AWeightThatTheGraphGivesOutStaysInIt()
    {
        Save(Graph("MatMul").Add(12, new Proto().Add(1, "matrix")));
        Assert.Null(MappedMatrices.Read(Tower));
    }

    /// <summary>A branch or a loop may read any weight.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(11)]
    public void WhereNodesHaveGraphsOfTheirOwnNothingIsReferredTo(int graphs)
    {
        var branch = new Proto().Add(1, "then_branch").Add(20, 5).Add(graphs, new Proto().Add(2, "branch"));
        Save(Graph("MatMul").Add(1, new Proto().Add(1, "condition").Add(2, "other").Add(4, "If").Add(5, branch)));
        Assert.Null(MappedMatrices.Read(Tower));
    }

    [Theory]
    [InlineData("MatMul", 64, true)]
    [InlineData("Gemm", 64, true)]
    [InlineData("MatMul", 63, false)]
    public void FactorsOf16KBAndMoreAreReferredTo(string operation, int width, bool expected)
    {
        Save(Graph(operation, width));
        using var session = SessionStart.OpenMapped(Tower, new());
        Assert.Equal(expected, session is not null);
    }

    /// <summary>Each of the lengths that stand in the graph takes one byte or two, which the file's name decides.</summary>
    [Fact]
    public void AFileMayHaveANameOfAnyLength()
    {
        Save(Graph("MatMul"));
        for (var length = 60; length < 130; length++)
        {
            var named = _folder[$"{new string('x', length)}.onnx"];
            File.Copy(Tower, named);
            using var session = SessionStart.OpenMapped(named, new());
            Assert.True(session is not null, $"a name of {length + 5} letters");
        }
    }

    /// <summary>What the format calls a message or a text, and has another number here, is no part of a graph.</summary>
    [Fact]
    public void WhatIsOfAnotherKindThanTheFormatHasIsPassedOver()
    {
        var node = new Proto().Add(1, 5).Add(4, 6).Add(5, 7).Add(9, "MatMul");
        Save(Graph("MatMul").Add(1, 1).Add(5, 2).Add(12, 3).Add(1, node).Add(12, new Proto().Add(1, 4).Add(9, "matrix")), 1);
        Assert.NotNull(MappedMatrices.Read(Tower));
    }

    /// <summary>Then most of the file would be read twice.</summary>
    [Fact]
    public void AFileThatIsMostlySomethingElseIsOpenedByItsPath()
    {
        TinyClip.SaveVision(Tower, width: Width, ballast: 4 * Width);
        Assert.Null(MappedMatrices.Read(Tower));
    }

    /// <summary>A product with one matrix, which others may be added to.</summary>
    private static Proto Graph(string operation, int width = 64) => new Proto().Add(2, "product")
        .Add(11, OnnxGraph.Value("pixels", OnnxGraph.Float, [1, width])).Add(12, OnnxGraph.Value("product", OnnxGraph.Float, [1, width]))
        .Add(1, new Proto().Add(1, "pixels").Add(1, "matrix").Add(2, "product").Add(4, operation))
        .Add(5, OnnxGraph.Tensor("matrix", OnnxGraph.Float, [width, width]).Add(9, new byte[width * width * 4]));

    /// <summary>A model whose version of the operations stands behind its graph.</summary>
    private void Save(Proto graph, params int[] others)
    {
        var model = new Proto().Add(1, 8);
        foreach (var other in others) model.Add(7, other);
        File.WriteAllBytes(Tower, model.Add(7, graph).Add(8, new Proto().Add(1, "").Add(2, 17)).ToArray());
    }

    private static float[] Run(InferenceSession session, float[] pixels)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, TinyClip.ImageSize, TinyClip.ImageSize]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["pixel_values"], [input], ["image_embeds"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
