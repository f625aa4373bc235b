using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Models;

public sealed class ClipModelTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly ClipModel _model;

    public ClipModelTests() => _model = ClipModel.Open(_folder.Path);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void KnowsItsSizes()
    {
        Assert.Equal(TinyClip.Dimension, _model.Dimension);
        Assert.Equal(TinyClip.ImageSize, _model.ImageSize);
        Assert.Equal(16, _model.ContextLength);
    }

    [Fact]
    public void SizesAndTokenizer_OpenNoSession()
    {
        SaveUnopenable("onnx/vision_model.onnx", "image_embeds", OnnxGraph.Float, ["batch", 3, TinyClip.ImageSize, TinyClip.ImageSize]);
        SaveUnopenable("onnx/text_model.onnx", "text_embeds", OnnxGraph.Int64, ["batch", 12]);

        Assert.Equal(24, _model.Dimension);
        Assert.Equal(TinyClip.ImageSize, _model.ImageSize);
        Assert.Equal(TinyClip.ImageSize, _model.Preprocessing.CropHeight);
        Assert.Equal(12, _model.ContextLength);
        Assert.NotEmpty(_model.Tokenizer.Encode("red"));
        Assert.Contains("NoSuchOperator", Assert.Throws<InvalidDataException>(() => _model.EmbedText("red")).Message);
    }

    [Fact]
    public void TokensAreCountedAsTheModelReadsThem()
    {
        _model.EmbedTexts(["red", "a photo of a red thing", string.Join(' ', Enumerable.Repeat("red", 40))], out var tokenCount);
        var expected = _model.Tokenizer.Encode("red").Length + _model.Tokenizer.Encode("a photo of a red thing").Length + 16;
        Assert.Equal(expected, tokenCount);
    }

    [Fact]
    public void ImagesLieNearTheirNames()
    {
        var images = _model.EmbedImages(_folder.Pictures(9));
        var texts = _model.EmbedTexts(TinyFolder.Colors);
        for (var i = 0; i < images.Length; i++)
        {
            var cosines = Array.ConvertAll(texts, t => TensorPrimitives.Dot(images[i], t));
            Assert.Equal(i % 3, Array.IndexOf(cosines, cosines.Max()));
        }
    }

    [Fact]
    public void NothingInNothingOut()
    {
        Assert.Empty(_model.EmbedTexts([]));
        Assert.Empty(_model.EmbedImages(Array.Empty<string>()));
    }

    [Fact]
    public void NormalizedByDefault_ProjectedFeaturesOnRequest()
    {
        var raw = _model.EmbedText("red", normalize: false);
        var unit = _model.EmbedText("red");
        Assert.Equal(1, TensorPrimitives.Norm(unit), 5);
        Assert.NotEqual(1, TensorPrimitives.Norm(raw), 2);
        Assert.Equal(1, TensorPrimitives.CosineSimilarity(raw, unit), 5);
    }

    [Fact]
    public void AFileItsBytesAndItsPixelsGiveTheSame()
    {
        var path = _folder.Pictures(1)[0];
        using var image = MLImage.CreateFromFile(path);
        var embedding = _model.EmbedImage(path);
        Assert.Equal(embedding, _model.EmbedImage((ReadOnlyMemory<byte>)File.ReadAllBytes(path)));
        Assert.Equal(embedding, _model.EmbedImage(image));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void BatchSizeDoesNotMatter(int batchSize)
    {
        using var other = ClipModel.Open(_folder.Path, new() { BatchSize = batchSize });
        string[] texts = ["a photo of a red thing", "blue", "", "green of red", "xyzzy", "a"];
        Close(_model.EmbedTexts(texts), other.EmbedTexts(texts));
        Close(_model.EmbedImages(_folder.Pictures(7)), other.EmbedImages(_folder.Pictures(7)));
    }

    [Fact]
    public void ManyThreadsShareOneModel()
    {
        var pictures = _folder.Pictures(6);
        var expected = _model.EmbedImages(pictures);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < pictures.Length; i++)
            {
                Close([expected[i]], [_model.EmbedImage(pictures[i])]);
                Assert.Equal(TinyClip.Dimension, _model.EmbedText("a photo of red").Length);
            }
        });
    }

    [Fact]
    public void LogitScale_FromOptions_ElseFromTheWeights_Else100()
    {
        Assert.Equal(100, _model.LogitScale);
        Safetensors.Save(_folder["model.safetensors"], ("logit_scale", MathF.Log(42)));
        using var trained = ClipModel.Open(_folder.Path);
        Assert.Equal(42, trained.LogitScale, 3);
        using var chosen = ClipModel.Open(_folder.Path, new() { LogitScale = 7 });
        Assert.Equal(7, chosen.LogitScale);
    }

    [Fact]
    public void LongTextsAreCut_OrRefused()
    {
        var longText = string.Join(' ', Enumerable.Repeat("red", 40));
        Assert.Equal(TinyClip.Dimension, _model.EmbedText(longText).Length);
        using var strict = ClipModel.Open(_folder.Path, new() { TruncateTexts = false });
        var e = Assert.Throws<ArgumentException>(() => strict.EmbedText(longText));
        Assert.Contains("16", e.Message);
    }

    [Fact]
    public void ABadImageIsNamed()
    {
        var broken = _folder["broken.png"];
        File.WriteAllText(broken, "no image");
        Assert.Contains(broken, Assert.Throws<InvalidDataException>(() => _model.EmbedImage(broken)).Message);
        Assert.Contains("absent.png", Assert.Throws<FileNotFoundException>(() => _model.EmbedImage(_folder["absent.png"])).Message);
    }

    [Fact]
    public void Disposed_ItSaysSo()
    {
        _model.EmbedText("red");
        _model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _model.EmbedText("red"));
        Assert.Throws<ObjectDisposedException>(() => _model.EmbedImage(_folder.Pictures(1)[0]));
    }

    [Fact]
    public void DisposedBeforeItsFirstUse_ItSaysSo()
    {
        _model.Dispose();
        Func<object>[] uses =
        [
            () => _model.Dimension, () => _model.ContextLength, () => _model.Tokenizer, () => _model.Preprocessing,
            () => _model.EmbedText("red"), () => _model.EmbedImage(_folder.Pictures(1)[0]),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
    }

    [Fact]
    public void DisposedTwice_ItClosesNothingOfAnothers()
    {
        using var other = ClipModel.Open(_folder.Path);
        var expected = Embed(other);
        Assert.Equal(expected, Embed(_model));
        _model.Dispose();
        _model.Dispose();
        Assert.Equal(expected, Embed(other));

        float[][] Embed(ClipModel model) => [model.EmbedText("red"), model.EmbedImage(_folder.Pictures(1)[0])];
    }

    /// <summary>What is told of a model is what its embeddings are made with, whatever lies in its folder by then.</summary>
    [Fact]
    public void AnOpenedTowerStaysWhatItIs()
    {
        var (preprocessing, image) = (_model.Preprocessing, _model.EmbedImage(_folder.Pictures(1)[0]));
        _model.EmbedText("red");
        File.WriteAllText(
            _folder["preprocessor_config.json"],
            File.ReadAllText(_folder["preprocessor_config.json"]).Replace("0.48145466", "0.5", StringComparison.Ordinal));
        File.WriteAllText(_folder["config.json"], """{"model_type": "clip", "text_config": {"max_position_embeddings": 8}}""");

        Assert.Equal(preprocessing, _model.Preprocessing);
        Assert.Equal(16, _model.ContextLength);
        Assert.Equal(image, _model.EmbedImage(_folder.Pictures(1)[0]));
        using var anew = ClipModel.Open(_folder.Path);
        Assert.Equal((0.5f, 8), (anew.Preprocessing.Mean[0], anew.ContextLength));
    }

    [Fact]
    public void WhatCannotBeEmbeddedIsRefused()
    {
        using var image = MLImage.CreateFromFile(_folder.Pictures(1)[0]);
        Assert.Contains("An image is null", Assert.Throws<ArgumentException>(() => _model.EmbedImages([image, null!])).Message);
        var none = Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Open(_folder.Path, new() { BatchSize = 0 }));
        Assert.Equal("BatchSize", none.ParamName);
    }

    [Fact]
    public void Cancelled_ItStops() => Assert.ThrowsAny<OperationCanceledException>(
        () => _model.EmbedImages(_folder.Pictures(3), cancellationToken: new CancellationToken(canceled: true)));

    private void SaveUnopenable(string file, string output, int inputType, object[] inputShape)
    {
        var graph = new OnnxGraph();
        graph.Input("input", inputType, inputShape);
        graph.Node("NoSuchOperator", output, ["input"]);
        graph.Output(output, OnnxGraph.Float, "batch", 24);
        graph.Save(_folder[file]);
    }

    private static void Close(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(0, TensorPrimitives.Distance(expected[i], actual[i]), 5);
    }
}
