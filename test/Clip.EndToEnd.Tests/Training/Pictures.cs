using SkiaSharp;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// Pictures of colored shapes with captions: a dozen classes that a model of a few thousand parameters learns in seconds.
/// </summary>
internal static class Pictures
{
    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue), ("yellow", SKColors.Yellow)];
    private static readonly string[] Shapes = ["square", "cross", "ring"];

    /// <summary>"red square" and so on: 12 names.</summary>
    public static string[] Classes { get; } = [.. from color in Colors from shape in Shapes select $"{color.Name} {shape}"];

    /// <summary>
    /// Draws square pictures of every class into <c>FOLDER/NAME</c> and lists them in <c>FOLDER/NAME.tsv</c>, whose path is given back.
    /// </summary>
    public static string Draw(TempFolder folder, string name, int ofEach, int side = 40)
    {
        Directory.CreateDirectory(folder[name]);
        var random = new Random(name.Sum(c => c));
        var rows =
            from number in Enumerable.Range(0, ofEach)
            from color in Colors
            from shape in Shapes
            let file = Paint(folder, $"{name}/{color.Name}-{shape}-{number}.png", color.Color, shape, side, random)
            let caption = number % 2 == 0 ? $"a photo of a {color.Name} {shape}." : $"a {color.Name} {shape}"
            select $"{file}\t{caption}\t{color.Name} {shape}\t{color.Name}\n";
        return folder.Write($"{name}.tsv", "filepath\ttitle\tclass\tcolour\n" + string.Concat(rows));
    }

    private static string Paint(TempFolder folder, string file, SKColor color, string shape, int side, Random random)
    {
        using var bitmap = new SKBitmap(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        canvas.Clear(SKColors.White);
        canvas.Scale(side / 40f);
        canvas.Translate(random.Next(18, 23), random.Next(18, 23));
        var r = 12 + random.Next(5);
        switch (shape)
        {
            case "square":
                canvas.DrawRect(-r, -r, 2 * r, 2 * r, paint);
                break;
            case "cross":
                canvas.DrawRect(-r, -r / 4f, 2 * r, r / 2f, paint);
                canvas.DrawRect(-r / 4f, -r, r / 2f, 2 * r, paint);
                break;
            default:
                paint.Style = SKPaintStyle.Stroke;
                paint.StrokeWidth = r / 2f;
                canvas.DrawCircle(0, 0, 0.75f * r, paint);
                break;
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(folder[file], png.ToArray());
        return file;
    }
}
