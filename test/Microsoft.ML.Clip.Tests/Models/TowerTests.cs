using System.Numerics.Tensors;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Settings;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>What a model makes of its graphs: which output, which size, which padding, and in what order things fail.</summary>
public sealed class TowerTests : IDisposable
{
    private static readonly string[] ImageOutputs =
        ["image_embeds", "image_features", "image_embedding", "image_embeddings", "pooler_output"];

    private static readonly string[] TextOutputs = ["text_embeds", "text_features", "text_embedding", "text_embeddings", "pooler_output"];

    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OfSeveralOutputsTheOneWithTheTellingNameIsTaken()
    {
        for (var i = 0; i < ImageOutputs.Length; i++)
        {
            for (var j = i + 1; j < ImageOutputs.Length; j++)
            {
                // The worse name first in the file, and then second.
                SaveImageOutputs((ImageOutputs[j], 4), (ImageOutputs[i], 5));
                Assert.Equal(5, ImageDimension());
                SaveImageOutputs((ImageOutputs[i], 5), (ImageOutputs[j], 4));
                Assert.Equal(5, ImageDimension());
                SaveTextOutputs((TextOutputs[j], 4), (TextOutputs[i], 5));
                Assert.Equal(5, TextDimension());
                SaveTextOutputs((TextOutputs[i], 5), (TextOutputs[j], 4));
                Assert.Equal(5, TextDimension());
            }
        }

        SaveImageOutputs(("text_embeds", 4), ("anything", 5));
        Assert.Equal(5, ImageDimension());
        SaveImageOutputs(("one", 4), ("other", 5));
        Assert.Contains("has no output 'image_embeds'", Assert.Throws<InvalidDataException>(() => ImageDimension()).Message);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(64, 32)]
    public void PreprocessingOfAnotherSizeThanTheGraphsIsRefused(int height, int width)
    {
        var other = ClipImagePreprocessing.ForSize(64) with { CropHeight = height, CropWidth = width };
        using var model = ClipModel.Open(_folder.Path, new() { Preprocessing = other });
        var error = Assert.Throws<InvalidDataException>(() => model.EmbedImage(TinyFolder.Picture(0, 0)));
        Assert.EndsWith($"takes images of 3×32×32, but the preprocessing makes 3×{height}×{width}.", error.Message);
    }

    [Fact]
    public void ACombinedGraphOfOpenSizeGetsABlankImageOfThePreprocessingsSize()
    {
        using var reference = ClipModel.Open(_folder.Path);
        var expected = reference.EmbedTexts(TinyFolder.Colors);
        using var combined = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            Directory.Delete(Path.Combine(path, "onnx"), recursive: true);
            TinyClip.SaveCombined(Path.Combine(path, "model.onnx"), declaresSize: false);
        });
        using var model = ClipModel.Open(combined.Path);
        model.EmbedTexts(TinyFolder.Colors).ShouldBe(expected);
        model.EmbedImages(_folder.Pictures(3)).ShouldBe(reference.EmbedImages(_folder.Pictures(3)));
    }

    /// <summary>Where tokens see what follows them, the padding is a part of the text, and is attended to.</summary>
    [Theory]
    [InlineData("""{"text_config": {"max_position_embeddings": 16}}""", false)]
    [InlineData("""{"text_config": {"max_position_embeddings": 16, "no_causal_mask": false}}""", false)]
    [InlineData("""{"text_config": {"max_position_embeddings": 16, "no_causal_mask": true}}""", true)]
    [InlineData("""{"text_config": {"max_position_embeddings": 16, "pool_type": "last"}}""", true)]
    [InlineData("""{"model_cfg": {"text_cfg": {"context_length": 16, "no_causal_mask": true}}}""", true)]
    public void TextsArePaddedToTheContextWhereThatCounts(string config, bool isPadded)
    {
        TinyClip.SaveText(_folder["onnx/text_model.onnx"], mask: true);
        File.WriteAllText(_folder["config.json"], config);
        File.WriteAllText(_folder["special_tokens_map.json"], """{"pad_token": "red</w>"}""");
        using var model = ClipModel.Open(_folder.Path);

        // "blue" with 13 times "red" after its end, or alone.
        var (blue, red) = (model.EmbedText("blue", normalize: false), model.EmbedText("red red red red", normalize: false));
        Assert.Equal(isPadded, TensorPrimitives.CosineSimilarity<float>(blue, red) > 0.9f);
        Assert.Equal(isPadded, TensorPrimitives.Norm<float>(blue) > 20);
        new[] { model.EmbedTexts(["blue", "a photo of a thing"], normalize: false)[0] }.ShouldBe([blue]);
    }

    [Fact]
    public void OfManyFailuresTheFirstIsTold()
    {
        using var model = ClipModel.Open(_folder.Path, new() { TruncateTexts = false });
        string[] paths = [.. _folder.Pictures(3), .. Enumerable.Range(0, 20).Select(i => _folder[$"absent-{i:D2}.png"])];
        Assert.Contains("absent-00.png", Assert.Throws<FileNotFoundException>(() => model.EmbedImages(paths)).Message);
        var bytes = paths.Select((p, i) => i < 3 ? (ReadOnlyMemory<byte>)File.ReadAllBytes(p) : new byte[] { 1, (byte)i }).ToArray();
        Assert.StartsWith("Image 3 of 23 cannot be read", Assert.Throws<InvalidDataException>(() => model.EmbedImages(bytes)).Message);

        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(paths.Select(p => new PictureRow { ImagePath = p }));
        var result = ml.Transforms.ClipFeaturizeImage(
            new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", Model = model }).Fit(data).Transform(data);
        Assert.Contains("absent-00.png", Assert.Throws<FileNotFoundException>(() => result.Vectors("Features")).Message);
    }

    /// <summary>XLM-RoBERTa counts its positions from behind the padding's id: those up to it are no text's.</summary>
    [Theory]
    [InlineData("altclip", ", \"pad_token_id\": 1", 14)]
    [InlineData("altclip", "", 16)]
    [InlineData("clip", ", \"pad_token_id\": 1", 16)]
    public void PositionsBeforeTheFirstTokenAreNoContext(string type, string padding, int expected)
    {
        File.WriteAllText(_folder["config.json"], $$$"""
            {"model_type": "{{{type}}}", "text_config": {"max_position_embeddings": 16{{{padding}}}}}
            """);
        using var model = ClipModel.Open(_folder.Path);

        Assert.Equal(expected, model.ContextLength);
    }

    [Fact]
    public void CancellationIsSeenBetweenBatches()
    {
        using var model = ClipModel.Open(_folder.Path, new() { BatchSize = 2 });
        using var stop = new CancellationTokenSource();
        var pictures = new LookedAt<ReadOnlyMemory<byte>>(
            [.. Enumerable.Range(0, 12).Select(i => TinyFolder.Picture(i % 3, i))], index => _ = index == 4 ? Stop() : 0);
        Assert.ThrowsAny<OperationCanceledException>(() => model.EmbedImages(pictures, cancellationToken: stop.Token));
        Assert.DoesNotContain(pictures.Indices, i => i > 5);
        Assert.Contains(3, pictures.Indices);
        Assert.ThrowsAny<OperationCanceledException>(() => model.EmbedTexts(["red"], cancellationToken: stop.Token));
        Assert.ThrowsAny<OperationCanceledException>(
            () => ClipLabelEmbeddings.Create(model, TinyFolder.Colors, cancellationToken: stop.Token));

        int Stop()
        {
            stop.Cancel();
            return 0;
        }
    }

    [Fact]
    public void CancellationIsSeenBetweenReadingTextsAndEmbeddingThem()
    {
        using var model = ClipModel.Open(_folder.Path);
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(
            () => model.EmbedTexts(new LookedAt<string>(["red"], _ => stop.Cancel()), cancellationToken: stop.Token));
    }

    [Fact]
    public void AFolderMayBeMendedWhileItIsOpen()
    {
        using var model = ClipModel.Open(_folder.Path);
        var vocabulary = File.ReadAllText(_folder["vocab.json"]);
        File.WriteAllText(_folder["vocab.json"], vocabulary[..^2]);
        Assert.Throws<InvalidDataException>(() => model.Tokenizer);

        File.WriteAllText(_folder["vocab.json"], vocabulary);

        Assert.Equal(TinyVocabulary.Count, model.Tokenizer.VocabularySize);
    }

    [Fact]
    public void ThreadsThatComeAtOnceOpenATowerOnce()
    {
        for (var round = 0; round < 5; round++)
        {
            using var model = ClipModel.Open(_folder.Path);
            using var together = new Barrier(6);
            var (texts, images) = (new TextTower[6], new ImageTower[6]);
            var threads = Enumerable.Range(0, 6).Select(i => new Thread(() =>
            {
                together.SignalAndWait();
                texts[i] = model.TextTower;
                images[i] = model.ImageTower;
            })).ToArray();
            Array.ForEach(threads, t => t.Start());
            Array.ForEach(threads, t => t.Join());
            Assert.All(texts, tower => Assert.Same(texts[0], tower));
            Assert.All(images, tower => Assert.Same(images[0], tower));
        }
    }

    /// <summary>Graphs that cannot be opened show whether anyone has tried.</summary>
    [Fact]
    public void LookingAtAModelOpensNoSession()
    {
        foreach (var tower in new[] { "vision", "text" }) File.WriteAllText(_folder[$"onnx/{tower}_model.onnx"], "no graph");
        Safetensors.Save(_folder["model.safetensors"], ("logit_scale", MathF.Log(42)));
        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal((_folder.Path, 42, null), (model.Folder, MathF.Round(model.LogitScale), model.LogitBias));

        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 1));
        var image = ml.Transforms.ClipFeaturizeImage(
            new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", Model = model });
        var text = ml.Transforms.ClipFeaturizeText(
            new ClipTextFeaturizingEstimator.Options { InputColumnName = "Caption", ModelFolder = _folder.Path });
        Assert.Contains(image.GetOutputSchema(data.Schema.Shape()), c => c.Name == "Features");
        Assert.Contains(text.GetOutputSchema(data.Schema.Shape()), c => c.Name == "Features");
        Assert.Throws<InvalidDataException>(() => image.Fit(data));
        Assert.Throws<InvalidDataException>(() => text.Fit(data));
    }

    private int ImageDimension()
    {
        using var model = ClipModel.Open(_folder.Path);
        return model.EmbedImage(TinyFolder.Picture(0, 0)).Length;
    }

    private int TextDimension()
    {
        using var model = ClipModel.Open(_folder.Path);
        return model.EmbedText("red").Length;
    }

    private void SaveImageOutputs(params (string Name, int Width)[] outputs)
    {
        var graph = new OnnxGraph();
        graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("GlobalAveragePool", "pooled", ["pixel_values"]);
        graph.Node("Flatten", "color", ["pooled"], ("axis", 1));
        Save(graph, "color", "vision", outputs);
    }

    private void SaveTextOutputs(params (string Name, int Width)[] outputs)
    {
        var graph = new OnnxGraph();
        graph.Input("input_ids", OnnxGraph.Int64, "batch", "length");
        var table = graph.Weights("token_embedding", [.. TinyVocabulary.Colors().SelectMany(c => c)], TinyVocabulary.Count, 3);
        graph.Node("Gather", "tokens", [table, "input_ids"]);
        graph.Node("ReduceSum", "color", ["tokens", graph.Constant("along", [1], OnnxGraph.Int64, 1)], ("keepdims", 0));
        Save(graph, "color", "text", outputs);
    }

    private void Save(OnnxGraph graph, string features, string tower, (string Name, int Width)[] outputs)
    {
        File.WriteAllText(_folder["config.json"], """{"model_type": "siglip"}"""); // whose pooler_output is an embedding
        foreach (var (name, width) in outputs)
        {
            graph.Node("MatMul", name, [features, TinyClip.Projection(graph, $"{name}_projection", width)]);
            graph.Output(name, OnnxGraph.Float, "batch", width);
        }

        graph.Save(_folder[$"onnx/{tower}_model.onnx"]);
    }
}
