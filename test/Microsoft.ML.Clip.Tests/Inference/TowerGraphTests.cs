using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Towers over graphs of other kinds: of half precision, open dimension or fixed length, with inputs of their own.</summary>
public sealed class TowerGraphTests : IDisposable
{
    private const int Bool = 9;

    private static readonly string[] Texts = ["red", "a photo of a blue thing"];

    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GraphsOfHalfPrecisionGiveTheSameFeatures()
    {
        var (images, texts) = Features();
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], type: OnnxGraph.Float16);
        SaveText(graph =>
        {
            graph.Node("Cast", "text_embeds", ["projected"], ("to", OnnxGraph.Float16));
            graph.Output("text_embeds", OnnxGraph.Float16, "batch", TinyClip.Dimension);
        });

        var (halfImages, halfTexts) = Features();

        Near(images, halfImages);
        Near(texts, halfTexts);
    }

    /// <summary>A graph need not tell how long its features are: a run does.</summary>
    [Fact]
    public void FeaturesOfOpenLengthAreMeasured()
    {
        var (images, texts) = Features();
        SaveVision(OpenOutput("image_embeds"));
        SaveText(OpenOutput("text_embeds"));
        using var model = ClipModel.Open(_folder.Path);

        Assert.Equal((TinyClip.Dimension, TinyClip.Dimension), (model.ImageTower.Dimension, model.TextTower.Dimension));
        Near(images, model.EmbedImages(_folder.Pictures(3), normalize: false));
        Near(texts, model.EmbedTexts(Texts, normalize: false));
    }

    [Fact]
    public void AGraphOfTextsOfOneLengthHasThatForItsContext()
    {
        var (_, texts) = Features();
        TinyClip.SaveText(_folder["onnx/text_model.onnx"], length: 12); // config.json tells of 16
        using var model = ClipModel.Open(_folder.Path);

        Near(texts, model.EmbedTexts(Texts, normalize: false));
        Assert.Equal(12, model.TextTower.ContextLength);
    }

    /// <summary>What stands for the image is of the graph's size, whatever the preprocessing makes.</summary>
    [Fact]
    public void TextsOfACombinedGraphNeedNoFittingPreprocessing()
    {
        var (_, texts) = Features();
        using var combined = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            Directory.Delete(Path.Combine(path, "onnx"), recursive: true);
            TinyClip.SaveCombined(Path.Combine(path, "model.onnx"));
        });
        using var model = ClipModel.Open(combined.Path, new() { Preprocessing = ClipImagePreprocessing.ForSize(64) });

        Near(texts, model.EmbedTexts(Texts, normalize: false));
    }

    [Fact]
    public void AnInputThatNobodyFillsIsRefusedByName()
    {
        SaveVision(graph =>
        {
            graph.Input("strength", OnnxGraph.Float, 1);
            graph.Node("Mul", "image_embeds", ["projected", "strength"]);
            graph.Output("image_embeds", OnnxGraph.Float, "batch", TinyClip.Dimension);
        });
        SaveText(graph =>
        {
            graph.Input("temperature", OnnxGraph.Float, 1);
            graph.Node("Mul", "text_embeds", ["projected", "temperature"]);
            graph.Output("text_embeds", OnnxGraph.Float, "batch", TinyClip.Dimension);
        });
        using var model = ClipModel.Open(_folder.Path);

        Assert.Contains(
            "wants an input 'strength', which no CLIP tower has",
            Assert.Throws<InvalidDataException>(() => model.EmbedImage(_folder.Pictures(1)[0])).Message);
        Assert.Contains(
            "wants an input 'temperature', which no CLIP tower has",
            Assert.Throws<InvalidDataException>(() => model.EmbedText("red")).Message);
    }

    /// <summary>Each holder closes for itself, and says whose it was.</summary>
    [Fact]
    public void AHolderThatHasLetGoIsClosed_AndTheOthersAreNot()
    {
        using var model = ClipModel.Open(_folder.Path);
        var (image, text) = (model.ImageTower.Share(), model.TextTower.Share());
        (image.Owner, text.Owner) = ("Images", "Texts");
        var pixels = new float[image.Preprocessor.FloatCount];
        var (tokens, features) = (text.Tokenize("red", out _), new float[TinyClip.Dimension]);
        image.Run(pixels, 1, features);
        text.Run([tokens], features);

        image.Dispose();
        text.Dispose();

        Assert.Contains("Images", Assert.Throws<ObjectDisposedException>(() => image.Run(pixels, 1, features)).Message);
        Assert.Contains("Texts", Assert.Throws<ObjectDisposedException>(() => text.Run([tokens], features)).Message);
        Assert.Contains("Images", Assert.Throws<ObjectDisposedException>(image.Share).Message);
        Assert.Contains("Texts", Assert.Throws<ObjectDisposedException>(text.Share).Message);
        Assert.Equal(TinyClip.Dimension, model.EmbedText("red").Length);
        image.Dispose();
        text.Dispose();
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(_folder.Pictures(1)[0]).Length);
    }

    [Fact]
    public void AStopWhileTheLastImageIsPreparedIsSeen()
    {
        using var model = ClipModel.Open(_folder.Path);
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => model.ImageTower.Embed(1, 4, (_, _) => stop.Cancel(), stop.Token));
    }

    private static Action<OnnxGraph> OpenOutput(string name) => graph =>
    {
        // Which columns are kept is known when it runs.
        var ones = graph.Constant("ones", [.. Enumerable.Repeat(1L, TinyClip.Dimension)], OnnxGraph.Int64, TinyClip.Dimension);
        graph.Node("Cast", "kept", [ones], ("to", Bool));
        graph.Node("Compress", name, ["projected", "kept"], ("axis", 1));
        graph.Output(name, OnnxGraph.Float, "batch", "open");
    };

    private void SaveVision(Action<OnnxGraph> finish)
    {
        var graph = new OnnxGraph();
        graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("GlobalAveragePool", "pooled", ["pixel_values"]);
        graph.Node("Flatten", "color", ["pooled"], ("axis", 1));
        graph.Node("MatMul", "projected", ["color", TinyClip.Projection(graph, "visual_projection")]);
        finish(graph);
        graph.Save(_folder["onnx/vision_model.onnx"]);
    }

    /// <summary>The sum of tokens, so of texts by themselves what a tower with an end makes of them.</summary>
    private void SaveText(Action<OnnxGraph> finish)
    {
        var graph = new OnnxGraph();
        graph.Input("input_ids", OnnxGraph.Int64, "batch", "length");
        graph.Input("attention_mask", OnnxGraph.Int64, "batch", "length");
        graph.Node("Cast", "live", ["attention_mask"], ("to", OnnxGraph.Float));
        graph.Node("Unsqueeze", "live_column", ["live", graph.Constant("last", [-1], OnnxGraph.Int64, 1)]);
        var table = graph.Weights("token_embedding", [.. TinyVocabulary.Colors().SelectMany(c => c)], TinyVocabulary.Count, 3);
        graph.Node("Gather", "tokens", [table, "input_ids"]);
        graph.Node("Mul", "live_tokens", ["tokens", "live_column"]);
        graph.Node("ReduceSum", "summed", ["live_tokens", graph.Constant("along", [1], OnnxGraph.Int64, 1)], ("keepdims", 0));
        graph.Node("MatMul", "projected", ["summed", TinyClip.Projection(graph, "text_projection")]);
        finish(graph);
        graph.Save(_folder["onnx/text_model.onnx"]);
    }

    private (float[][] Images, float[][] Texts) Features()
    {
        using var model = ClipModel.Open(_folder.Path);
        return (model.EmbedImages(_folder.Pictures(3), normalize: false), model.EmbedTexts(Texts, normalize: false));
    }

    private static void Near(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (one, other) in expected.Zip(actual)) Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 0.02f));
        Assert.Contains(actual, row => row.Any(value => Math.Abs(value) > 0.1f));
    }
}
