using Clip.Data.Sources;
using Microsoft.ML;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Clip.Data.Tests.Sources;

/// <summary>What ML.NET's rows may lack, and what of them is read.</summary>
public sealed class DataViewImagesTests
{
    private readonly MLContext _ml = new();

    /// <summary>As a bad record, when it is to be trained on.</summary>
    [Fact]
    public void ARowWithoutAnImageOrACaptionKeepsItsPlace()
    {
        using var image = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, [1, 2, 3, 255]);
        using var records = DataViewRecords.Read(
            _ml.Data.LoadFromEnumerable(
            [
                new ImageRow { Image = image, Caption = "one" }, new ImageRow { Caption = "two" },
                new ImageRow { Image = image, Caption = " " },
            ]),
            "Image", "Caption", groupByImage: false);

        Assert.Equal(3, records.Count);
        using (var bytes = records.ReadImage(1)) Assert.Equal(0, bytes.Span.Length);
        Assert.Equal(["two"], records.ReadCaptions(1));
        Assert.Throws<InvalidDataException>(() => records.ReadCaptions(2));
        Assert.Equal([0, 1, 0], Enumerable.Range(0, 3).Select(records.ImageId));
    }

    /// <summary>Zeros that a sparse vector leaves out are bytes of the file too.</summary>
    [Fact]
    public void ASparseVectorIsTheWholeFile()
    {
        var data = _ml.Data.LoadFromEnumerable(
        [
            new SparseRow { Image = new VBuffer<byte>(5, 2, [7, 8], [1, 4]), Caption = "a" },
            new SparseRow { Image = new VBuffer<byte>(2, [9, 9]), Caption = "b" },
        ]);

        using var records = DataViewRecords.Read(data, "Image", "Caption");

        using (var bytes = records.ReadImage(0)) Assert.Equal<byte>([0, 7, 0, 0, 8], bytes.Span.ToArray());
        using (var bytes = records.ReadImage(1)) Assert.Equal<byte>([9, 9], bytes.Span.ToArray());
    }

    /// <summary>Also where a row fails half way; and of the columns, only two are asked for.</summary>
    [Fact]
    public void DataAreReadOnceAndClosed()
    {
        var paths = new TrackedView(_ml.Data.LoadFromEnumerable([new OddRow(), new OddRow { Text = "y" }]));
        var files = new TrackedView(_ml.Data.LoadFromEnumerable([new SparseRow { Image = new VBuffer<byte>(1, [9]), Caption = "b" }]));
        var failing = new TrackedView(
            _ml.Data.LoadFromEnumerable(
                Enumerable.Range(0, 3).Select(i => new SparseRow { Image = new VBuffer<byte>(1, [9]), Caption = "b" })), failingRow: 2);

        using (DataViewRecords.Read(paths, "Text", "Text")) Assert.Equal((1, 1, 2L), (paths.Opened, paths.Closed, paths.Rows));
        using (DataViewRecords.Read(files, "Image", "Caption")) Assert.Equal((1, 1, 1L), (files.Opened, files.Closed, files.Rows));
        Assert.Throws<IOException>(() => DataViewRecords.Read(failing, "Image", "Caption"));
        Assert.Equal((1, 1), (failing.Opened, failing.Closed));
        Assert.Equal(["Image, Caption"], files.Asked);
    }

    [Fact]
    public void OtherTypesAreRefusedByName()
    {
        var data = _ml.Data.LoadFromEnumerable([new OddRow()]);

        Assert.Contains("Column 'Number' is Single; images are", Refused("Number", "Text"), StringComparison.Ordinal);
        Assert.Contains("Column 'Floats' is Vector<Single, 2>; images are", Refused("Floats", "Text"), StringComparison.Ordinal);
        Assert.Contains("Column 'Number' is Single; captions are", Refused("Text", "Number"), StringComparison.Ordinal);
        Assert.Contains("Column 'Floats' is Vector<Single, 2>; captions are", Refused("Text", "Floats"), StringComparison.Ordinal);
        Assert.Contains("no column 'Words'; they have Text, Number, Floats", Refused("Text", "Words"), StringComparison.Ordinal);

        string Refused(string image, string caption) =>
            Assert.Throws<ArgumentException>(() => DataViewRecords.Read(data, image, caption)).Message;
    }

    /// <summary>Without a folder, paths are those of the current one; one from the root stays.</summary>
    [Fact]
    public void PathsAreRelativeToTheFolder()
    {
        var root = Path.GetPathRoot(Environment.CurrentDirectory)!;
        var data = _ml.Data.LoadFromEnumerable([new OddRow { Text = "a.png" }, new OddRow { Text = Path.Combine(root, "b.png") }]);

        using var here = DataViewRecords.Read(data, "Text", "Text");
        using var there = DataViewRecords.Read(data, "Text", "Text", "pictures");

        Assert.Equal(["a.png", Path.Combine(root, "b.png")], new[] { 0, 1 }.Select(here.Key));
        Assert.Equal([Path.Combine("pictures", "a.png"), Path.Combine(root, "b.png")], new[] { 0, 1 }.Select(there.Key));
    }

    private sealed class ImageRow
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;

        public string Caption { get; set; } = "";
    }

    private sealed class SparseRow
    {
        public VBuffer<byte> Image { get; set; }

        public string Caption { get; set; } = "";
    }

    private sealed class OddRow
    {
        public string Text { get; set; } = "x";

        public float Number { get; set; }

        [VectorType(2)]
        public float[] Floats { get; set; } = [1, 2];
    }
}
