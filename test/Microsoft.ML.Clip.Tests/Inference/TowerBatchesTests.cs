using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>Any number of images and texts through a tower, whatever goes into a batch.</summary>
public sealed class TowerBatchesTests : IDisposable
{
    private static readonly string[] Texts = ["a photo of a red thing", "blue", "a photo of a green thing", "", "red red red"];

    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    public void TextsKeepTheirPlaces_AndTheirTokensAreCounted(int batchSize)
    {
        using var model = ClipModel.Open(_folder.Path);
        var expected = Texts.Select(text => model.EmbedText(text, normalize: false)).ToArray();

        var features = model.TextTower.Embed(Texts, batchSize, out var tokens, CancellationToken.None);

        features.Chunk(TinyClip.Dimension).ToArray().ShouldBe(expected);
        Assert.Equal(Texts.Sum(text => model.Tokenizer.Encode(text, model.ContextLength).Length), tokens);
    }

    [Fact]
    public void NoTextsAreNoFeatures()
    {
        using var model = ClipModel.Open(_folder.Path);

        Assert.Empty(model.TextTower.Embed([], 4, out var tokens, CancellationToken.None));
        Assert.Equal(0, tokens);
    }

    /// <summary>Where the graph takes two images at a time, a batch has room for one more than it is given.</summary>
    [Theory]
    [InlineData(1, null)]
    [InlineData(3, null)]
    [InlineData(64, null)]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(64, 2)]
    public void ImagesKeepTheirPlaces(int batchSize, int? atOnce)
    {
        using var reference = ClipModel.Open(_folder.Path);
        var files = _folder.Pictures(7).Select(File.ReadAllBytes).ToArray();
        var expected = files.Select(file => reference.EmbedImage(file, normalize: false)).ToArray();
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), batch: atOnce, dimension: atOnce is null ? null : "open");
        });
        using var model = ClipModel.Open(folder.Path);
        var tower = model.ImageTower;

        var features = tower.Embed(
            7, batchSize, (i, pixels) => tower.Preprocessor.Preprocess(files[i], pixels), CancellationToken.None);

        features.Chunk(TinyClip.Dimension).ToArray().ShouldBe(expected);
        Assert.Equal(atOnce is null ? [1, 2, 3] : [2, 2, 4], new[] { 1, 2, 3 }.Select(tower.RowsFor));
    }
}
