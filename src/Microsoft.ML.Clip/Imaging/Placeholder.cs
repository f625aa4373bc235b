// PLACEHOLDER: to be replaced by the Imaging room. Nearest-neighbour squash, enough to compile and test against.
#pragma warning disable
using System.Text.Json;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Clip;

public enum PreprocessingOrder { Original, HuggingFace }

public sealed record ClipImagePreprocessing
{
    public int CropHeight { get; init; }
    public int CropWidth { get; init; }
    public long MaxPixels { get; init; } = 178_956_970;
    public PreprocessingOrder Order { get; init; }
    public static ClipImagePreprocessing ForSize(int size) => new() { CropHeight = size, CropWidth = size };
    public static ClipImagePreprocessing Load(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return ForSize(json.RootElement.GetProperty("crop_size").GetInt32());
    }
}

public sealed class ClipImagePreprocessor
{
    private ClipImagePreprocessor(ClipImagePreprocessing settings) => (Width, Height) = (settings.CropWidth, settings.CropHeight);
    public static ClipImagePreprocessor Create(ClipImagePreprocessing settings) => new(settings);
    public int Width { get; }
    public int Height { get; }
    public int FloatCount => 3 * Width * Height;

    public void Preprocess(ReadOnlySpan<byte> encoded, Span<float> destination)
    {
        using var bitmap = SKBitmap.Decode(encoded) ?? throw new InvalidDataException("The image cannot be decoded.");
        Fill((x, y) => bitmap.GetPixel(x * bitmap.Width / Width, y * bitmap.Height / Height), destination);
    }

    public void Preprocess(MLImage image, Span<float> destination)
    {
        var bgra = image.PixelFormat == MLPixelFormat.Bgra32;
        var pixels = image.Pixels.ToArray();
        Fill((x, y) =>
        {
            var at = 4 * ((y * image.Height / Height * image.Width) + (x * image.Width / Width));
            return bgra ? new SKColor(pixels[at + 2], pixels[at + 1], pixels[at]) : new SKColor(pixels[at], pixels[at + 1], pixels[at + 2]);
        }, destination);
    }

    private void Fill(Func<int, int, SKColor> pixel, Span<float> destination)
    {
        var plane = Width * Height;
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var color = pixel(x, y);
                destination[(y * Width) + x] = ((color.Red / 255f) - 0.48145466f) / 0.26862954f;
                destination[plane + (y * Width) + x] = ((color.Green / 255f) - 0.4578275f) / 0.26130258f;
                destination[(2 * plane) + (y * Width) + x] = ((color.Blue / 255f) - 0.40821073f) / 0.27577711f;
            }
    }
}
