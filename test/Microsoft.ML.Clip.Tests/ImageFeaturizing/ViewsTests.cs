using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.ImageFeaturizing;

/// <summary>Several views of a picture, by a tower that tells left from right, and what is said of pictures that have none.</summary>
public sealed class ViewsTests : IDisposable
{
    private readonly TinyFolder _folder = new(path =>
    {
        TinyFolder.LayTransformersJs(path);
        SaveTowerOfPlaces(Path.Combine(path, "onnx", "vision_model.onnx"));
    });

    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    public void FeaturesAreTheMeanDirectionOfAPictureAndItsMirrorImage(int batchSize)
    {
        var pictures = Enumerable.Range(0, 8).Select(i => (Plain: Paint(i, false), Mirrored: Paint(i, isMirrored: true))).ToArray();
        using var model = ClipModel.Open(_folder.Path);
        var expected = pictures.Select(p => Unit(model.EmbedImage(p.Plain).Zip(model.EmbedImage(p.Mirrored), (a, b) => a + b))).ToArray();
        Assert.All(pictures, p => Assert.NotEqual(model.EmbedImage(p.Plain), model.EmbedImage(p.Mirrored)));
        File.Delete(pictures[4].Plain);
        var data = _ml.Data.LoadFromEnumerable(pictures.Select(p => new PictureRow { ImagePath = p.Plain }));

        var features = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            Model = model,
            Views = ClipImageViews.Mirrored,
            BatchSize = batchSize,
            OnError = ClipErrorHandling.Missing,
        }).Fit(data).Transform(data).Vectors("Features");

        Assert.All(features[4], value => Assert.Equal(float.NaN, value));
        (features[4], expected[4]) = ([], []);
        features.ShouldBe(expected);
    }

    [Fact]
    public void AnImageInMemoryThatIsRefusedIsToldByItsColumnAndRow()
    {
        using var image = MLImage.CreateFromPixels(4, 1, MLPixelFormat.Rgba32, new byte[16]);
        var data = _ml.Data.LoadFromEnumerable([new ImageRow { Image = image }]);
        var huge = ClipImagePreprocessing.Load(_folder["preprocessor_config.json"]) with { ShortestEdge = 1 << 30 };

        var error = Assert.Throws<InvalidDataException>(() => _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "Image",
            ModelFolder = _folder.Path,
            ModelOptions = new() { Preprocessing = huge },
        }).Fit(data).Transform(data).Vectors("Features"));

        Assert.StartsWith("The image in column 'Image', row 0, cannot be read: ", error.Message);
    }

    /// <summary>A picture as large as the tower takes, so that nothing is resized or cropped.</summary>
    private string Paint(int number, bool isMirrored)
    {
        using var bitmap = new SKBitmap(TinyClip.ImageSize, TinyClip.ImageSize);
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                var color = new SKColor((byte)(8 * x), (byte)((x * number * 3) + y), (byte)(7 * y));
                bitmap.SetPixel(isMirrored ? bitmap.Width - 1 - x : x, y, color);
            }
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var path = _folder[$"{number}-{isMirrored}.png"];
        File.WriteAllBytes(path, png.ToArray());
        return path;
    }

    private static float[] Unit(IEnumerable<float> values)
    {
        var all = values.ToArray();
        var norm = MathF.Sqrt(all.Sum(value => value * value));
        return [.. all.Select(value => value / norm)];
    }

    /// <summary>Every pixel of every place counts by itself.</summary>
    private static void SaveTowerOfPlaces(string path)
    {
        const int Count = 3 * TinyClip.ImageSize * TinyClip.ImageSize;
        var graph = new OnnxGraph();
        graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("Flatten", "flat", ["pixel_values"], ("axis", 1));
        var weights = Enumerable.Range(0, Count * TinyClip.Dimension).Select(i => MathF.Sin(i * 0.37f) / 50).ToArray();
        graph.Node("MatMul", "image_embeds", ["flat", graph.Weights("places", weights, Count, TinyClip.Dimension)]);
        graph.Output("image_embeds", OnnxGraph.Float, "batch", TinyClip.Dimension);
        graph.Save(path);
    }

    private sealed class ImageRow
    {
        [ImageType(1, 4)]
        public MLImage Image { get; set; } = null!;
    }
}
