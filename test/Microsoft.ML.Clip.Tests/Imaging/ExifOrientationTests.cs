using System.Buffers.Binary;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>
/// A picture of six grey cells, stored as "abc" over "def", and how it is to be seen by each orientation of EXIF (CIPA DC-008, figure of
/// the tag Orientation).
/// </summary>
public sealed class ExifOrientationTests
{
    private const int Cell = 16;

    public static TheoryData<int, string> Seen => new()
    {
        { 1, "abc/def" }, { 2, "cba/fed" }, { 3, "fed/cba" }, { 4, "def/abc" },
        { 5, "ad/be/cf" }, { 6, "da/eb/fc" }, { 7, "fc/eb/da" }, { 8, "cf/be/ad" },
    };

    [Theory]
    [MemberData(nameof(Seen))]
    public void PicturesAreTurnedUprightWhereAskedFor(int orientation, string seen)
    {
        foreach (var picture in new[] { Jpeg(orientation, isBigEndian: true), Jpeg(orientation), Png(orientation), WebP(orientation) })
        {
            Assert.Equal(seen, Cells(picture, seen, apply: true));
            Assert.Equal("abc/def", Cells(picture, "abc/def", apply: false));
        }
    }

    [Fact]
    public void WhatIsMalformedIsUpright()
    {
        Assert.Equal("abc/def", Cells(Jpeg(9), "abc/def", apply: true));
        Assert.Equal("abc/def", Cells(Jpeg(0), "abc/def", apply: true));
        var cut = Jpeg(6)[..28];
        for (var length = 0; length < cut.Length; length++) Assert.Equal(1, ExifOrientation.Find(cut.AsSpan(0, length)));
    }

    [Fact]
    public void TheOptionIsSavedWithThePipeline()
    {
        using var folder = new TinyFolder();
        var path = folder["turned.jpg"];
        File.WriteAllBytes(path, Jpeg(6));
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable([new PictureRow { ImagePath = path }]);
        // The tiny model sees the middle of a picture, which a quarter turn changes.
        using var upright = ClipModel.Open(folder.Path, new() { ApplyExifOrientation = true });
        using var plain = ClipModel.Open(folder.Path);
        var expected = upright.EmbedImage(path);
        Assert.True(upright.Preprocessing.ApplyExifOrientation);
        Assert.NotEqual(plain.Fingerprint, upright.Fingerprint);

        using var stream = new MemoryStream();
        ml.Model.Save(ml.Transforms.ClipFeaturizeImage("Features", upright, "ImagePath").Fit(data), data.Schema, stream);
        stream.Position = 0;
        ml.Model.Load(stream, out _).Transform(data).Vectors("Features").ShouldBe([expected]);
    }

    /// <summary>The cells that the model's input shows, at a size that changes no pixel.</summary>
    private static string Cells(byte[] picture, string layout, bool apply)
    {
        var (columns, rows) = (layout.IndexOf('/'), layout.Count(c => c == '/') + 1);
        var preprocessor = ClipImagePreprocessor.Create(new ClipImagePreprocessing
        {
            ResizeWidth = columns * Cell,
            ResizeHeight = rows * Cell,
            DoCenterCrop = false,
            DoRescale = false,
            DoNormalize = false,
            ApplyExifOrientation = apply,
        });
        var pixels = new float[preprocessor.FloatCount];
        preprocessor.Preprocess(picture, pixels);
        return string.Join('/', Enumerable.Range(0, rows).Select(row => string.Concat(Enumerable.Range(0, columns).Select(column =>
        {
            var middle = pixels[(((row * Cell) + (Cell / 2)) * preprocessor.Width) + (column * Cell) + (Cell / 2)];
            return (char)('a' + (int)MathF.Round((middle - 20) / 40));
        }))));
    }

    private static byte[] Encode(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(3 * Cell, 2 * Cell);
        using var canvas = new SKCanvas(bitmap);
        for (var i = 0; i < 6; i++)
        {
            var grey = (byte)(20 + (40 * i));
            using var paint = new SKPaint { Color = new SKColor(grey, grey, grey) };
            canvas.DrawRect(i % 3 * Cell, i / 3 * Cell, Cell, Cell, paint);
        }

        canvas.Flush();
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    /// <summary>A directory of one entry: tag, type SHORT, count 1, the value.</summary>
    private static byte[] Exif(int orientation, bool isBigEndian = false) => isBigEndian
        ? [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0]
        : [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];

    private static byte[] Jpeg(int orientation, bool isBigEndian = false)
    {
        byte[] body = [.. "Exif\0\0"u8, .. Exif(orientation, isBigEndian)], jpeg = Encode(SKEncodedImageFormat.Jpeg);
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(body.Length + 2), .. body, .. jpeg[2..]];
    }

    private static byte[] Png(int orientation)
    {
        const int AfterHeader = 33;
        var png = Encode(SKEncodedImageFormat.Png);
        byte[] chunk = [.. "eXIf"u8, .. Exif(orientation)];
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, PngHeader.Crc32(chunk));
        return [.. png[..AfterHeader], 0, 0, 0, (byte)(chunk.Length - 4), .. chunk, .. crc, .. png[AfterHeader..]];
    }

    /// <summary>The extended format: a header that promises EXIF, the picture, EXIF.</summary>
    private static byte[] WebP(int orientation)
    {
        var exif = Exif(orientation);
        byte[] chunks =
        [
            .. "WEBPVP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, (3 * Cell) - 1, 0, 0, (2 * Cell) - 1, 0, 0,
            .. Encode(SKEncodedImageFormat.Webp)[12..], .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif,
        ];
        return [.. "RIFF"u8, .. BitConverter.GetBytes(chunks.Length), .. chunks];
    }
}
