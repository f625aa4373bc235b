// Draws docs/quickstart.png: pictures of the quickstart with what its model says of them. After `clip quickstart`, from the root:
// dotnet run build/quickstart-picture.cs -- quickstart docs/quickstart.png
#:project ../src/Microsoft.ML.Clip/Microsoft.ML.Clip.csproj
#:package Microsoft.ML.OnnxRuntime
#:property PublishAot=false
#:property IsPackable=false
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using SkiaSharp;

const int columns = 3, rows = 2, cell = 310, height = 118, thumbnail = 96, bar = 150;
var (folder, target) = (args[0], args[1]);
var labels = File.ReadAllLines(Path.Combine(folder, "data/test_classes.txt"));
var ml = new MLContext();
var rowsOfTable = File.ReadLines(Path.Combine(folder, "data/test.tsv")).Skip(1).Select(line => line.Split('\t'))
    .Select(cells => new Drawing { ImagePath = Path.Combine(folder, "data", cells[0]), Class = cells[2] });
// The first picture of each of the first classes that no training picture showed, whatever the model says of it.
var drawings = ml.Data.LoadFromEnumerable(rowsOfTable.DistinctBy(d => d.Class).Take(columns * rows).ToArray());
string[] templates = ["a {}", "a picture of a {}", "there is a {}", "a {} on a white background", "a {} in the middle"];
using var classifier = ml.Transforms
    .ClipClassifyZeroShot("Score", "ImagePath", Path.Combine(folder, "model"), labels, templates).Fit(drawings);

using var bitmap = new SKBitmap(2 * columns * cell, 2 * rows * height);
using var canvas = new SKCanvas(bitmap);
canvas.Clear(SKColors.White);
canvas.Scale(2);
using var text = new SKPaint
{
    Color = new SKColor(0x24, 0x29, 0x2f), TextSize = 11, IsAntialias = true, Typeface = SKTypeface.FromFamilyName("DejaVu Sans"),
};
using var box = new SKPaint { IsAntialias = true };
foreach (var (place, drawing) in ml.Data.CreateEnumerable<Drawing>(classifier.Transform(drawings), reuseRowObject: false).Index())
{
    var (x, y) = (place % columns * cell + 12f, place / columns * height + 11f);
    using var picture = SKBitmap.Decode(drawing.ImagePath);
    canvas.DrawBitmap(picture, new SKRect(x, y, x + thumbnail, y + thumbnail));
    x += thumbnail + 12;
    foreach (var (rank, best) in drawing.Score.TopLabels(labels, 3).Index())
    {
        var top = y + (rank * 32);
        text.FakeBoldText = best.Label == drawing.Class;
        canvas.DrawText($"{best.Label}{(best.Label == drawing.Class ? " ✓" : "")}", x, top + 11, text);
        box.Color = new SKColor(0xe6, 0xe9, 0xed);
        canvas.DrawRect(x, top + 16, bar, 8, box);
        box.Color = best.Label == drawing.Class ? new SKColor(0x2d, 0xa4, 0x4e) : new SKColor(0x8c, 0x95, 0x9f);
        canvas.DrawRect(x, top + 16, bar * best.Score, 8, box);
        text.FakeBoldText = false;
        canvas.DrawText(best.Score.ToString("P0", CultureInfo.InvariantCulture), x + bar + 5, top + 24, text);
    }
}

canvas.Flush();
using var image = SKImage.FromBitmap(bitmap);
using var png = image.Encode(SKEncodedImageFormat.Png, 100);
File.WriteAllBytes(target, png.ToArray());

internal sealed class Drawing
{
    public string ImagePath { get; set; } = "";

    public string Class { get; set; } = "";

    public float[] Score { get; set; } = [];
}
