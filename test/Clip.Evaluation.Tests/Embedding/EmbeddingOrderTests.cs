using Clip.Data;
using Clip.Evaluation.Embedding;
using Microsoft.ML.Clip;
using SkiaSharp;

namespace Clip.Evaluation.Tests.Embedding;

/// <summary>However pictures are put into batches, found, broken or seen in several views, each has its own embedding.</summary>
public sealed class EmbeddingOrderTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly List<int> _done = [];

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ProgressIsToldAfterEachBatchAndAtTheEnd()
    {
        var images = _tiny.Paint(70);

        Embed(images);

        Assert.Equal([0, 32, 64, 70], _done);
    }

    [Fact]
    public void AnEvenNumberOfBatchesEndsOnce()
    {
        Embed(_tiny.Paint(32));

        Assert.Equal([0, 32], _done);
    }

    /// <summary>One that comes twice counts twice in what is done, and a broken one too.</summary>
    [Fact]
    public void PicturesThatComeTwiceHaveOneEmbeddingAndTwoPlaces()
    {
        var images = _tiny.Paint(3);
        File.WriteAllText(images[1].ImagePath, "no picture");
        LabeledImage[] twice = [images[0], images[1], images[2], images[1], images[0]];
        var bad = new BadRecords(5, mostPercent: 50, report: null);

        var rows = new Embedder(_tiny.Model, null, new Told(_done)).Images("walls", twice, bad, default);

        Assert.Equal([0, 5], _done);
        Assert.Equal([images[1].ImagePath], bad.Reasons.Keys);
        Assert.Equal([true, false, true, false, true], rows.Select(row => row is not null));
        Assert.Equal(rows[0], rows[4]);
        Assert.NotEqual(rows[0], rows[2]);
    }

    [Fact]
    public void WhatIsKeptAndWhatIsNotStandInTheirPlaces()
    {
        var images = _tiny.Paint(6);
        var expected = Embed(images);
        Embed([images[4], images[1]], kept: true);
        _done.Clear();

        var mixed = Embed(images, kept: true);

        Assert.Equal([2, 6], _done);
        Near(expected, mixed);
    }

    /// <summary>The mean of the picture's embedding and its mirror image's, and of length 1.</summary>
    [Fact]
    public void ViewsAreAveragedForEachPicture()
    {
        var images = Striped(40);
        string[] paths = [.. images.Select(image => image.ImagePath)];
        var expected = paths.Select(path => Mean(_tiny.Model.EmbedImage(path), _tiny.Model.EmbedImage(path + ".mirror.png"))).ToArray();

        var rows = new Embedder(_tiny.Model, null, new Told(_done), ClipImageViews.Mirrored)
            .Images("stripes", images, new BadRecords(40, 0, null), default);

        Assert.Equal([0, 16, 32, 40], _done); // as many views at once as pictures without any
        Near(expected, rows);
        Assert.All(rows, row => Assert.Equal(1, row!.Sum(v => v * v), 1e-5f));
    }

    [Fact]
    public void ViewsOfPicturesBehindABrokenOneAreTheirOwn()
    {
        var images = Striped(3);
        var whole = Views(images, ClipImageViews.Crops);
        File.WriteAllText(images[0].ImagePath, "no picture");

        var rows = Views(images, ClipImageViews.Crops);

        Assert.Null(rows[0]);
        Near(whole[1..], rows[1..]);
    }

    [Fact]
    public void WhatIsEmbeddedIsOnTheDiskAtOnce()
    {
        var images = _tiny.Paint(2);
        using var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail);
        var embedder = new Embedder(_tiny.Model, cache, null);

        embedder.Images("walls", images, new BadRecords(2, 0, null), default);
        using (var other = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail))
            Assert.NotNull(other.Find(EmbeddingKey.Of(images[1])));
        embedder.Texts("captions", ["a wall"], default);
        using (var other = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail))
            Assert.NotNull(other.Find(EmbeddingKey.OfText("a wall")));
    }

    /// <summary>Of a set that is broken one hears before all of it was read.</summary>
    [Fact]
    public void TooManyBrokenPicturesEndItAfterTheirBatch()
    {
        var images = _tiny.Paint(70);
        foreach (var image in images[..20]) File.WriteAllText(image.ImagePath, "no picture");

        Assert.Throws<ClipException>(() => new Embedder(_tiny.Model, null, new Told(_done))
            .Images("walls", images, new BadRecords(70, mostPercent: 10, report: null), default));

        Assert.Equal([0], _done);
    }

    /// <summary>Also where nothing is left to embed: what is there was kept the time before.</summary>
    [Fact]
    public void TooManyAbsentPicturesEndIt()
    {
        var images = _tiny.Paint(3);
        Embed(images, kept: true);
        File.Delete(images[2].ImagePath);

        var error = Assert.Throws<ClipException>(() => Embed(images, kept: true));

        Assert.Contains(images[2].ImagePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersThatWereKeptAndAreNoneAreAnError()
    {
        var images = _tiny.Paint(1);
        using var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail);
        cache.Add(EmbeddingKey.Of(images[0]), [float.NaN, 0]);
        cache.Add(EmbeddingKey.OfText("a wall"), [0, float.PositiveInfinity]);
        var embedder = new Embedder(_tiny.Model, cache, null);

        Assert.Throws<ClipException>(() => embedder.Images("walls", images, new BadRecords(1, 100, null), default));
        Assert.Throws<ClipException>(() => embedder.Texts("captions", ["a wall"], default));
    }

    [Fact]
    public void WorkThatIsStoppedBeforehandIsNotBegun()
    {
        var stopped = new CancellationToken(canceled: true);
        var embedder = new Embedder(_tiny.Model, null, null);

        Assert.ThrowsAny<OperationCanceledException>(() => embedder.Images("walls", _tiny.Paint(1), new BadRecords(1, 0, null), stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => embedder.Texts("captions", ["a wall"], stopped));
        Assert.ThrowsAny<OperationCanceledException>(
            () => embedder.Labels(new LabeledSet("walls", [], ["red", "green"], ["{}"]), stopped));
    }

    [Fact]
    public void LabelsWithoutTemplatesHaveTheDefaultPrompt()
    {
        var set = new LabeledSet("walls", [], ["red", "green"], null) { MayHaveTwins = true };

        var (rows, prompts) = new Embedder(_tiny.Model, null, null).Labels(set, default);

        Assert.Equal([["a photo of a red."], ["a photo of a green."]], prompts);
        Near([_tiny.Model.EmbedText("a photo of a red."), _tiny.Model.EmbedText("a photo of a green.")], rows);
    }

    private float[]?[] Views(LabeledImage[] images, ClipImageViews views) =>
        new Embedder(_tiny.Model, null, null, views).Images("stripes", images, new BadRecords(images.Length, 50, null), default);

    private float[]?[] Embed(LabeledImage[] images, bool kept = false)
    {
        using var cache = kept ? EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail) : null;
        return new Embedder(_tiny.Model, cache, new Told(_done)).Images("walls", images, new BadRecords(images.Length, 0, null), default);
    }

    /// <summary>Square pictures, left and right of two colors, and beside each its mirror image.</summary>
    private LabeledImage[] Striped(int count)
    {
        Directory.CreateDirectory(_tiny.Folder["stripes"]);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var path = _tiny.Folder[$"stripes/{i}.png"];
            var colors = new[] { new SKColor((byte)(6 * i), 30, 200), new SKColor(250, (byte)(200 - 5 * i), 20) };
            Save(path, colors[0], colors[1]);
            Save(path + ".mirror.png", colors[1], colors[0]);
            return new LabeledImage { ImagePath = path, Class = "stripes" };
        })];
    }

    private static void Save(string path, SKColor left, SKColor right)
    {
        using var bitmap = new SKBitmap(16, 16);
        for (var i = 0; i < 256; i++) bitmap.SetPixel(i % 16, i / 16, i % 16 < 8 ? left : right);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }

    private static float[] Mean(float[] a, float[] b)
    {
        var sum = a.Zip(b, (x, y) => x + y).ToArray();
        var length = MathF.Sqrt(sum.Sum(v => v * v));
        return Array.ConvertAll(sum, v => v / length);
    }

    /// <summary>ONNX Runtime's sums may end differently in a batch of another size.</summary>
    private static void Near(float[]?[] expected, float[]?[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (row, other) in expected.Zip(actual))
        {
            foreach (var (a, b) in row!.Zip(other!)) Assert.Equal(a, b, 1e-4f);
        }
    }

    private sealed class Told(List<int> done) : IProgress<EmbeddingProgress>
    {
        public void Report(EmbeddingProgress value) => done.Add(value.Done);
    }
}
