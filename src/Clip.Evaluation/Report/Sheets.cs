using System.Runtime.ExceptionServices;
using Clip.Data;
using Microsoft.ML.Clip;
using SkiaSharp;

namespace Clip.Evaluation.Report;

/// <summary>Thumbnails of pictures, many to a WebP file: the files are few, small, and decoded only where they are looked at.</summary>
/// <param name="Edge">Width and height of a thumbnail, in pixels.</param>
/// <param name="Columns">Thumbnails in a row of a sheet.</param>
/// <param name="PerSheet">Thumbnails in a full sheet, in rows from the top.</param>
/// <param name="Files">The sheets.</param>
internal sealed record Sheets(int Edge, int Columns, int PerSheet, IReadOnlyList<byte[]> Files)
{
    /// <summary>A sheet's longest edge: larger ones are costly to decode for the few thumbnails that are in sight.</summary>
    private const int SheetEdge = 768;

    /// <summary>Pixels that are held at most while thumbnails are made.</summary>
    private const long MostPixels = 100_000_000;

    /// <summary>Sizes and WebP qualities, from the best on; a photograph takes about a quarter of a byte for each of its pixels.</summary>
    private static readonly (int Edge, int Quality)[] Steps =
        [(224, 80), (160, 78), (128, 75), (96, 72), (80, 70), (64, 66), (64, 45), (48, 45), (32, 40), (24, 30), (16, 20)];

    /// <summary>Thumbnails of all albums, as large and as good as fits.</summary>
    /// <param name="albums">Pictures, by albums; each gets sheets of its own.</param>
    /// <param name="budget">Bytes that all sheets together may take.</param>
    /// <exception cref="ClipException">A picture cannot be read.</exception>
    public static IReadOnlyList<Sheets> Of(IReadOnlyList<IReadOnlyList<ReportedPicture>> albums, long budget)
    {
        var count = albums.Sum(album => (long)album.Count);
        var step = Array.FindIndex(Steps, s => count * s.Edge * s.Edge / 4 <= budget && count * s.Edge * s.Edge <= MostPixels);
        if (step < 0) step = Steps.Length - 1;
        var edge = Steps[step].Edge;
        var read = albums.Select(album => Read(album, edge)).ToArray();
        while (true)
        {
            var sheets = read.Select(pixels => Encode(pixels, edge, Steps[step])).ToArray();
            if (sheets.Sum(s => s.Files.Sum(file => (long)file.Length)) <= budget || step == Steps.Length - 1) return sheets;
            step++;
        }
    }

    /// <summary>The middle square of each picture, upright and on white, as RGBA.</summary>
    private static byte[][] Read(IReadOnlyList<ReportedPicture> pictures, int edge)
    {
        var preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(edge) with
        {
            DoNormalize = false,
            ApplyExifOrientation = true,
            Background = [255, 255, 255],
        });
        var thumbnails = new byte[pictures.Count][];
        try
        {
            Parallel.For(0, pictures.Count, () => new float[preprocessor.FloatCount], (i, _, planes) =>
            {
                thumbnails[i] = Thumbnail(pictures[i], preprocessor, planes);
                return planes;
            }, _ => { });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return thumbnails;
    }

    private static byte[] Thumbnail(ReportedPicture picture, ClipImagePreprocessor preprocessor, float[] planes)
    {
        try
        {
            preprocessor.Preprocess(picture.Read(), planes);
        }
        catch (Exception e) when (ReadFault.Is(e))
        {
            throw new ClipException($"{picture.Name} cannot be read for the report: {e.Message}", e);
        }

        var plane = planes.Length / 3;
        var rgba = new byte[4 * plane];
        for (var p = 0; p < plane; p++)
        {
            for (var c = 0; c < 3; c++) rgba[4 * p + c] = (byte)MathF.Round(255 * planes[c * plane + p]);
            rgba[4 * p + 3] = 255;
        }

        return rgba;
    }

    private static Sheets Encode(byte[][] thumbnails, int from, (int Edge, int Quality) to)
    {
        var columns = SheetEdge / to.Edge;
        var chunks = thumbnails.Chunk(columns * columns).ToArray();
        var files = new byte[chunks.Length][];
        Parallel.For(0, chunks.Length, i => files[i] = Sheet(chunks[i], from, to, Math.Min(columns, chunks[i].Length)));
        return new Sheets(to.Edge, columns, columns * columns, files);
    }

    private static unsafe byte[] Sheet(byte[][] thumbnails, int from, (int Edge, int Quality) to, int columns)
    {
        var rows = (thumbnails.Length + columns - 1) / columns;
        using var surface = SKSurface.Create(
            new SKImageInfo(columns * to.Edge, rows * to.Edge, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var paint = new SKPaint { FilterQuality = SKFilterQuality.High };
        for (var i = 0; i < thumbnails.Length; i++)
        {
            var cell = SKRect.Create(i % columns * to.Edge, i / columns * to.Edge, to.Edge, to.Edge);
            fixed (byte* pixels = thumbnails[i])
            {
                using var image = SKImage.FromPixelCopy(
                    new SKImageInfo(from, from, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)pixels, 4 * from);
                surface.Canvas.DrawImage(image, cell, paint);
            }
        }

        using var sheet = surface.Snapshot();
        using var webP = sheet.Encode(SKEncodedImageFormat.Webp, to.Quality);
        return webP.ToArray();
    }
}
