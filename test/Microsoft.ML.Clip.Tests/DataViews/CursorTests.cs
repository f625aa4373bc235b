using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>What a cursor over computed columns owes to its input and to its reader.</summary>
public sealed class CursorTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("Features")]
    [InlineData("Number")] // nothing computed
    [InlineData("Features", "Number", "Bytes")]
    public void EveryCursorOfTheInputIsClosedOnce(params string[] columns)
    {
        var input = Tracked(30);
        var result = Transform(input, batchSize: 4);
        var wanted = result.Schema.Where(c => columns.Contains(c.Name)).ToList();
        for (var rows = 0; rows < 40; rows += 13)
        {
            // Read in part, as a whole, and beyond the end.
            using var cursor = result.GetRowCursor(wanted);
            for (var i = 0; i < rows; i++) cursor.MoveNext();
        }

        foreach (var cursor in result.GetRowCursorSet(wanted, 3)) cursor.Dispose();
        Assert.InRange(input.Opened, 5, 7);
        Assert.Equal(input.Opened, input.Closed);
    }

    [Fact]
    public void ACursorMayBeClosedTwice_AndThenHasNoRows()
    {
        var input = Tracked(10);
        var cursor = Transform(input, batchSize: 4).GetRowCursor([Transform(input, 4).Schema["Features"]]);
        Assert.True(cursor.MoveNext());
        cursor.Dispose();
        cursor.Dispose();
        Assert.False(cursor.MoveNext());
        Assert.Equal(1, input.Closed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(32)]
    public void AFailureOfTheInputIsThrown_AndNeverEndsTheDataEarly(int batchSize)
    {
        for (var failing = 0; failing < 40; failing += 3)
        {
            var input = Tracked(40, failing);
            var seen = 0;
            var error = Assert.Throws<IOException>(() =>
            {
                using var cursor = OpenCursor(Transform(input, batchSize), "Features", out var features);
                VBuffer<float> value = default;
                while (cursor.MoveNext())
                {
                    features(ref value);
                    seen++;
                }
            });
            Assert.Equal($"Row {failing} is not to be had.", error.Message);
            Assert.InRange(seen, Math.Max(0, failing - (2 * batchSize) + 1), failing);
            Assert.Equal(input.Opened, input.Closed);
        }
    }

    /// <summary>Batches of 1, 4, 16, 32; the next one is read ahead once the current one is a full one.</summary>
    [Theory]
    [InlineData(32, new long[] { 1, 5, 5, 5, 5, 21 })]
    [InlineData(4, new long[] { 1, 9, 9, 9, 9, 13 })]
    [InlineData(3, new long[] { 1, 7, 7, 7, 10, 10 })]
    [InlineData(1, new long[] { 2, 3, 4, 5, 6, 7 })]
    public void NoMoreIsReadThanTheGrowingBatchesNeed(int batchSize, long[] read)
    {
        var input = Tracked(200);
        using var cursor = OpenCursor(Transform(input, batchSize), "Features", out var features);
        VBuffer<float> value = default;
        var seen = new List<long>();
        foreach (var _ in read)
        {
            Assert.True(cursor.MoveNext());
            features(ref value);
            seen.Add(input.Rows);
        }

        Assert.Equal(read, seen);
    }

    [Fact]
    public void OnlyTheColumnsThatAreNeededAreAskedFor()
    {
        var input = Tracked(3);
        var result = Transform(input, batchSize: 4);
        string[][] wanted = [["Number"], ["Features"], ["Features", "Number"], ["ImagePath"], ["ImagePath", "Features"]];
        foreach (var columns in wanted) result.GetRowCursor(result.Schema.Where(c => columns.Contains(c.Name)).ToList()).Dispose();
        Assert.Equal(["Number", "ImagePath", "Number, ImagePath", "ImagePath", "ImagePath"], input.Asked);
    }

    [Fact]
    public void SizeAndOrderAreTheInputsOwn()
    {
        var input = Tracked(12);
        var result = Transform(input, batchSize: 4);
        Assert.Equal(input.CanShuffle, result.CanShuffle);
        Assert.Equal(input.GetRowCount(), result.GetRowCount());
        foreach (var shuffled in new[]
        {
            result.GetRowCursor(result.Schema, new Random(1)), Assert.Single(result.GetRowCursorSet(result.Schema, 1, new Random(1))),
        })
        {
            using var disposed = shuffled;
            using var plain = input.GetRowCursor(input.Schema, new Random(1));
            var (theirs, ours) = (plain.GetGetter<int>(input.Schema["Number"]), shuffled.GetGetter<int>(result.Schema["Number"]));
            var (a, b) = (0, 0);
            while (plain.MoveNext())
            {
                Assert.True(shuffled.MoveNext());
                theirs(ref a);
                ours(ref b);
                Assert.Equal(a, b);
            }

            Assert.False(shuffled.MoveNext());
        }
    }

    /// <summary>The memory of a batch is filled anew by the next but one, and what was read before stays what it was.</summary>
    [Fact]
    public void WhatWasReadStaysWhenTheCursorMovesOn()
    {
        var rows = PictureRow.From(folder, 9);
        for (var i = 0; i < rows.Length; i++) rows[i].Extra = [i, i + 1];
        var output = Transform(_ml.Data.LoadFromEnumerable(rows), batchSize: 2);
        using var cursor = output.GetRowCursor(output.Schema); // with what is computed, for else there are no batches
        var getter = cursor.GetGetter<VBuffer<float>>(output.Schema["Extra"]);
        var read = new List<VBuffer<float>>();
        while (cursor.MoveNext())
        {
            VBuffer<float> numbers = default;
            getter(ref numbers);
            read.Add(numbers);
        }

        Assert.Equal(Enumerable.Range(0, 9).Select(i => (float)i), read.Select(numbers => numbers.GetValues()[0]));
    }

    [Fact]
    public void OutsideOfTheRowsAndOfWhatWasAskedForThereAreNoValues()
    {
        var result = Transform(Tracked(2), batchSize: 4);
        using var cursor = OpenCursor(result, "Features", out var features);
        VBuffer<float> value = default;
        Assert.Throws<InvalidOperationException>(() => features(ref value));
        var id = cursor.GetIdGetter();
        Assert.Throws<InvalidOperationException>(() => Id());
        Assert.Contains("'Number' is not active", Assert.Throws<InvalidOperationException>(
            () => cursor.GetGetter<int>(result.Schema["Number"])).Message);
        Assert.Contains("'Features' is of type", Assert.Throws<InvalidOperationException>(
            () => cursor.GetGetter<float>(result.Schema["Features"])).Message);
        Assert.Equal((-1, 0), (cursor.Position, cursor.Batch));
        while (cursor.MoveNext()) Assert.True(cursor.IsColumnActive(result.Schema["Features"]));
        Assert.Equal((-1, 0), (cursor.Position, cursor.Batch));
        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => features(ref value));

        using var relabelled = result.GetRowCursor([result.Schema["Number"]]);
        Assert.True(relabelled.IsColumnActive(result.Schema["Number"]));
        Assert.False(relabelled.IsColumnActive(result.Schema["Caption"]));
        Assert.Contains("'Caption' is not active", Assert.Throws<InvalidOperationException>(
            () => relabelled.GetGetter<ReadOnlyMemory<char>>(result.Schema["Caption"])).Message);

        DataViewRowId Id()
        {
            DataViewRowId row = default;
            id(ref row);
            return row;
        }
    }

    [Fact]
    public void ImagesPassedOnKeepTheirPixelsFormatAndTag_AndAreTheReaders()
    {
        // Ever higher ones, then ever lower ones: the memory of the one before is too small, or larger than what is in it.
        var images = Enumerable.Range(0, 18)
            .Select(i => i == 4 ? null : Image(3 + (i * 5 % 7), i < 9 ? 2 + i : 19 - i, $"image {i}")).ToArray();
        var data = _ml.Data.LoadFromEnumerable(images.Select(image => new ImageRow { Image = image! }));
        var transformer = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "Image",
            ModelFolder = folder.Path,
            BatchSize = 3,
            OnError = ClipErrorHandling.Missing,
        }).Fit(data);
        using var cursor = transformer.Transform(data).GetRowCursor(transformer.Transform(data).Schema);
        var image = cursor.GetGetter<MLImage>(cursor.Schema["Image"]);
        var features = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        VBuffer<float> value = default;
        foreach (var expected in images)
        {
            Assert.True(cursor.MoveNext());
            MLImage actual = null!;
            image(ref actual);
            features(ref value);
            Assert.Equal(expected is null, actual is null);
            Assert.Equal(expected is null, value.DenseValues().All(float.IsNaN));
            if (expected is null) continue;
            Assert.NotSame(expected, actual);
            Assert.Equal(
                (expected.Width, expected.Height, expected.PixelFormat, expected.Tag),
                (actual!.Width, actual.Height, actual.PixelFormat, actual.Tag));
            Assert.Equal(expected.Pixels, actual.Pixels);
            actual.Dispose();
            Assert.False(expected.Pixels.IsEmpty);
        }
    }

    private static MLImage Image(int width, int height, string tag)
    {
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i % 4 == 3 ? 255 : i * 11);
        var image = MLImage.CreateFromPixels(width, height, width % 2 == 0 ? MLPixelFormat.Rgba32 : MLPixelFormat.Bgra32, pixels);
        image.Tag = tag;
        return image;
    }

    private TrackedView Tracked(int rows, long failingRow = long.MaxValue) =>
        new(_ml.Data.LoadFromEnumerable(PictureRow.From(folder, rows)), failingRow);

    private IDataView Transform(IDataView input, int batchSize) => _ml.Transforms.ClipFeaturizeImage(
        new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", ModelFolder = folder.Path, BatchSize = batchSize })
        .Fit(input).Transform(input);

    private static DataViewRowCursor OpenCursor(IDataView data, string column, out ValueGetter<VBuffer<float>> values)
    {
        var cursor = data.GetRowCursor([data.Schema[column]]);
        values = cursor.GetGetter<VBuffer<float>>(data.Schema[column]);
        return cursor;
    }

    private sealed class ImageRow
    {
        [Transforms.Image.ImageType(8, 8)]
        public MLImage Image { get; set; } = null!;
    }
}
