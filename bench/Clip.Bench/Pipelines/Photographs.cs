using System.Runtime.InteropServices;
using SkiaSharp;

namespace Clip.Bench;

/// <summary>
/// Pictures with about a photograph's detail: waves of many lengths, and noise. The same number gives the same picture.
/// </summary>
internal static class Photographs
{
    public const int Width = 640;
    public const int Height = 480;

    public static byte[] Jpeg(int number, int width = Width, int height = Height)
    {
        using var picture = Paint(number, width, height);
        using var data = picture.Encode(SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }

    public static string[] Write(string folder, int count, int width = Width, int height = Height) =>
        [.. Enumerable.Range(0, count).Select(number =>
        {
            var path = Path.Combine(folder, $"{number:D4}.jpg");
            File.WriteAllBytes(path, Jpeg(number, width, height));
            return path;
        })];

    private static SKBitmap Paint(int number, int width, int height)
    {
        var random = new Random(number);
        var pixels = new float[3, height, width];
        // The shortest waves are of some fourteen pixels, whatever the size.
        var waves = 12 + (int)Math.Max(0, 2 * Math.Log2(width / (double)Width));
        for (var wave = 0; wave < waves; wave++)
        {
            // As in photographs, half the length is about half the contrast.
            var frequency = MathF.Pow(2, wave * 0.5f);
            var across = Wave(width, width, frequency, random);
            var down = Wave(height, width, frequency, random);
            for (var channel = 0; channel < 3; channel++)
            {
                var contrast = 90 * (0.3f + random.NextSingle()) / frequency;
                for (var y = 0; y < height; y++)
                {
                    for (var x = 0; x < width; x++) pixels[channel, y, x] += contrast * across[x] * down[y];
                }
            }
        }

        var bytes = new byte[4 * width * height];
        var noise = new byte[width * height];
        random.NextBytes(noise);
        for (var i = 0; i < noise.Length; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                bytes[(4 * i) + channel] = (byte)Math.Clamp(pixels[channel, i / width, i % width] + 120 + (noise[i] / 16), 0, 255);
            bytes[(4 * i) + 3] = 255;
        }

        var picture = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Marshal.Copy(bytes, 0, picture.GetPixels(), bytes.Length);
        return picture;
    }

    private static float[] Wave(int length, int width, float frequency, Random random)
    {
        var (phase, step) = (random.NextSingle() * MathF.Tau, frequency * (0.7f + (0.6f * random.NextSingle())) * MathF.Tau / width);
        return [.. Enumerable.Range(0, length).Select(i => MathF.Sin(phase + (i * step)))];
    }
}
