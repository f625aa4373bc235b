using Clip.Data.Sources;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;

namespace Clip.Data.Tests.Sources;

/// <summary>Rows of ML.NET's as training data.</summary>
public sealed class DataViewRecordsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RowsOfADataViewAreRecords()
    {
        var ml = new MLContext();
        var paths = ml.Data.LoadFromEnumerable(
            [new PathRow { Image = "a.png", Caption = "a cat" }, new PathRow { Image = "b.png", Caption = "a dog" }]);
        using var byPath = DataViewRecords.Read(paths, "Image", "Caption", "/pictures");
        Assert.Equal(["/pictures/a.png", "/pictures/b.png"], Enumerable.Range(0, 2).Select(byPath.Key));

        var files = ml.Data.LoadFromEnumerable(
            [new FileRow { Image = [1, 2, 3], Captions = ["a cat", " ", "a tom"] }, new FileRow { Image = [4], Captions = ["a dog"] }]);
        using var byFile = DataViewRecords.Read(files, "Image", "Captions");
        Assert.Equal(["a cat", "a tom"], byFile.ReadCaptions(0));
        using (var bytes = byFile.ReadImage(1)) Assert.Equal<byte>([4], bytes.Span.ToArray());
        using (var bytes = byFile.ReadImage(0)) Assert.Equal<byte>([1, 2, 3], bytes.Span.ToArray());

        var twice = ml.Data.LoadFromEnumerable(
            [new PathRow { Image = "a.png", Caption = "a cat" }, new PathRow { Image = "./a.png", Caption = "b" }]);
        using var grouped = DataViewRecords.Read(twice, "Image", "Caption");
        Assert.Equal(["a cat", "b"], grouped.ReadCaptions(0));
        var same = ml.Data.LoadFromEnumerable(
            [new FileRow { Image = [1], Captions = ["a"] }, new FileRow { Image = [1], Captions = ["b"] }]);
        using var bytes1 = DataViewRecords.Read(same, "Image", "Captions");
        using var bytes2 = DataViewRecords.Read(same, "Image", "Captions", groupByImage: false);
        Assert.Equal((1, 2), (bytes1.Count, bytes2.Count));

        Assert.Contains(
            "no column 'Picture'",
            Assert.Throws<ArgumentException>(() => DataViewRecords.Read(files, "Picture", "Captions")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Column 'Image' is Vector<Byte>; captions are text",
            Assert.Throws<ArgumentException>(() => DataViewRecords.Read(files, "Captions", "Image")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ImagesOfADataViewKeepTheirPixels()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(5, 3, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var i = 0; i < 15; i++) bitmap.SetPixel(i % 5, i / 5, new SKColor((byte)(i * 17), (byte)(255 - i), (byte)i));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(_folder["a.png"], png.ToArray());
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new PathRow { Image = "a.png", Caption = "dots" }]);
        var images = ml.Transforms.LoadImages("Loaded", _folder.Path, "Image").Fit(data).Transform(data);

        using var records = DataViewRecords.Read(images, "Loaded", "Caption");

        using var bytes = records.ReadImage(0);
        using var read = SKBitmap.Decode(bytes.Span.ToArray());
        Assert.Equal(bitmap.Pixels, read.Pixels);
    }

    /// <summary>In the order in which the image has its colors, whichever that is.</summary>
    [Theory]
    [InlineData(MLPixelFormat.Rgba32, new byte[] { 200, 100, 50, 255 })]
    [InlineData(MLPixelFormat.Bgra32, new byte[] { 50, 100, 200, 255 })]
    public void ColorsStayInTheirPlaces(MLPixelFormat format, byte[] pixel)
    {
        using var image = MLImage.CreateFromPixels(1, 1, format, pixel);
        using var records = DataViewRecords.Read(
            new MLContext().Data.LoadFromEnumerable([new ImageRow { Image = image, Caption = "orange" }]), "Image", "Caption");

        using var bytes = records.ReadImage(0);
        using var read = SKBitmap.Decode(bytes.Span.ToArray());
        Assert.Equal(new SKColor(200, 100, 50), read.GetPixel(0, 0));
    }

    [Fact]
    public void DataWithoutRowsAreRefused()
    {
        var ml = new MLContext();
        foreach (var data in (IDataView[])[ml.Data.LoadFromEnumerable<PathRow>([]), ml.Data.LoadFromEnumerable<ImageRow>([])])
        {
            var error = Assert.Throws<ArgumentException>(() => DataViewRecords.Read(data, "Image", "Caption"));
            Assert.Contains("have no rows", error.Message, StringComparison.Ordinal);
        }
    }

    private sealed class PathRow
    {
        public string Image { get; set; } = "";

        public string Caption { get; set; } = "";
    }

    private sealed class FileRow
    {
        public byte[] Image { get; set; } = [];

        public string[] Captions { get; set; } = [];
    }

    private sealed class ImageRow
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;

        public string Caption { get; set; } = "";
    }
}
