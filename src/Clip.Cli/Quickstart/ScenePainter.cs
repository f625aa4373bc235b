using Clip.Conversion.Initialization;
using Clip.Data;
using Microsoft.ML.Clip.Imaging;
using SkiaSharp;

namespace Clip.Cli.Quickstart;

/// <summary>Draws a scene, each time a little differently: place, size, angle and shades vary.</summary>
internal static class ScenePainter
{
    public const int Side = 64;

    private static readonly Dictionary<string, SKColor> Palette = new()
    {
        ["red"] = new(214, 32, 32),
        ["orange"] = new(244, 132, 20),
        ["yellow"] = new(240, 214, 32),
        ["green"] = new(24, 128, 52),
        ["blue"] = new(36, 76, 214),
        ["purple"] = new(128, 44, 168),
        ["pink"] = new(248, 132, 186),
        ["brown"] = new(120, 72, 36),
        ["white"] = new(250, 250, 250),
        ["black"] = new(14, 14, 14),
        ["grey"] = new(128, 128, 128),
        ["beige"] = new(222, 206, 170),
    };

    /// <summary>The picture as a PNG file's bytes.</summary>
    public static byte[] Paint(Scene scene, ref SampleRandom random)
    {
        using var surface = SKSurface.Create(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var canvas = surface.Canvas;
        canvas.Clear(Shade(scene.Background, 8, ref random));

        var radius = (float)(scene.Thing.Size == "large" ? random.NextDouble(25, 28) : random.NextDouble(17, 19));
        var (x, y) = Center(scene.Position, radius, ref random);
        canvas.Translate(x, y);
        canvas.RotateDegrees((float)random.NextDouble(-8, 8));
        using var outline = Outline(scene.Thing.Shape, radius);
        var color = Shade(scene.Thing.Color, 14, ref random);
        using var paint = new SKPaint { IsAntialias = true, Color = color };
        canvas.DrawPath(outline, paint);
        canvas.ClipPath(outline, antialias: true);
        paint.Color = Contrast(color);
        DrawTexture(canvas, paint, scene.Thing.Texture, radius);
        // A rim in the shape's own color keeps its outline clear whatever lies on it.
        using var rim = new SKPaint { IsAntialias = true, Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = 3 };
        canvas.DrawPath(outline, rim);

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static (float X, float Y) Center(string position, float radius, ref SampleRandom random)
    {
        var room = Side / 2f - radius - 1;
        float shift = (float)random.NextDouble(0.6, 0.8) * room, wobble = (float)random.NextDouble(-0.15, 0.15) * room;
        var (dx, dy) = position switch
        {
            "left" => (-shift, wobble),
            "right" => (shift, wobble),
            "top" => (wobble, -shift),
            "bottom" => (wobble, shift),
            _ => (wobble, wobble),
        };
        return (Side / 2f + dx, Side / 2f + dy);
    }

    private static SKColor Shade(string name, int spread, ref SampleRandom random)
    {
        var c = Palette[name];
        var shift = random.Next(2 * spread + 1) - spread;
        return new SKColor(Move(c.Red), Move(c.Green), Move(c.Blue));

        byte Move(byte channel) => (byte)Math.Clamp(channel + shift, 0, 255);
    }

    /// <summary>A texture's second color: much lighter than a dark one, much darker than a light one.</summary>
    private static SKColor Contrast(SKColor c)
    {
        var light = 0.3 * c.Red + 0.59 * c.Green + 0.11 * c.Blue > 140;
        return light
            ? new SKColor((byte)(c.Red * 0.4), (byte)(c.Green * 0.4), (byte)(c.Blue * 0.4))
            : new SKColor(Up(c.Red), Up(c.Green), Up(c.Blue));

        static byte Up(byte channel) => (byte)(channel + (255 - channel) * 0.65);
    }

    private static void DrawTexture(SKCanvas canvas, SKPaint paint, string texture, float radius)
    {
        const float cell = 7;
        var reach = (int)Math.Ceiling(radius / cell) + 1;
        for (var i = -reach; i <= reach; i++)
        {
            if (texture == "striped") canvas.DrawRect(i * cell * 1.5f, -2 * radius, cell * 0.7f, 4 * radius, paint);
            for (var j = -reach; j <= reach; j++)
            {
                if (texture == "dotted") canvas.DrawCircle(i * cell * 1.3f, j * cell * 1.3f, cell * 0.34f, paint);
            }
        }
    }

    private static SKPath Outline(string shape, float r)
    {
        var path = new SKPath { FillType = SKPathFillType.EvenOdd };
        switch (shape)
        {
            case "circle":
                path.AddCircle(0, 0, r);
                break;
            case "square":
                path.AddRect(SKRect.Create(-0.85f * r, -0.85f * r, 1.7f * r, 1.7f * r));
                break;
            case "triangle":
                Polygon((0, -1), (0.95f, 0.8f), (-0.95f, 0.8f));
                break;
            case "cross":
                Polygon(
                    (-0.33f, -1), (0.33f, -1), (0.33f, -0.33f), (1, -0.33f), (1, 0.33f), (0.33f, 0.33f),
                    (0.33f, 1), (-0.33f, 1), (-0.33f, 0.33f), (-1, 0.33f), (-1, -0.33f), (-0.33f, -0.33f));
                break;
            case "star":
                var corners = Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? 1f : 0.42f, i * MathF.PI / 5));
                Polygon([.. corners.Select(p => (p.Item1 * MathF.Sin(p.Item2), -p.Item1 * MathF.Cos(p.Item2)))]);
                break;
            case "ring":
                path.AddCircle(0, 0, r);
                path.AddCircle(0, 0, 0.5f * r);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, "There is no such shape.");
        }

        path.Close();
        return path;

        void Polygon(params (float X, float Y)[] points) => path.AddPoly([.. points.Select(p => new SKPoint(p.X * r, p.Y * r))]);
    }
}
