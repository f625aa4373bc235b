using System.Runtime.InteropServices;
using SkiaSharp;

namespace Clip.Bench;

/// <summary>
/// Pictures of 640×480 with about a photograph's detail: waves of many lengths, and noise. The same number gives the same picture.
/// </summary>
internal static class Photographs
{
    public const int Width = 640;
    public const int Height = 480;

    private const int Waves = 12;

    public static byte[] Jpeg(int number)
    {
        using var picture = Paint(number);
        using var data = picture.Encode(SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }

    public static string[] Write(string folder, int count) => [.. Enumerable.Range(0, count).Select(number =>
    {
        var path = Path.Combine(folder, $"{number:D4}.jpg");
        File.WriteAllBytes(path, Jpeg(number));
        return path;
    })];

    private static SKBitmap Paint(int number)
    {
        var random = new Random(number);
        var pixels = new float[3, Height, Width];
        for (var wave = 0; wave < Waves; wave++)
        {
            // As in photographs, half the length is about half the contrast.
            var frequency = MathF.Pow(2, wave * 0.5f);
            var across = Wave(Width, frequency, random);
            var down = Wave(Height, frequency, random);
            for (var channel = 0; channel < 3; channel++)
            {
                var contrast = 90 * (0.3f + random.NextSingle()) / frequency;
                for (var y = 0; y < Height; y++)
                {
                    for (var x = 0; x < Width; x++) pixels[channel, y, x] += contrast * across[x] * down[y];
                }
            }
        }

        var bytes = new byte[4 * Width * Height];
        var noise = new byte[Width * Height];
        random.NextBytes(noise);
        for (var i = 0; i < noise.Length; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                bytes[(4 * i) + channel] = (byte)Math.Clamp(pixels[channel, i / Width, i % Width] + 120 + (noise[i] / 16), 0, 255);
            bytes[(4 * i) + 3] = 255;
        }

        var picture = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Marshal.Copy(bytes, 0, picture.GetPixels(), bytes.Length);
        return picture;
    }

    private static float[] Wave(int length, float frequency, Random random)
    {
        var (phase, step) = (random.NextSingle() * MathF.Tau, frequency * (0.7f + (0.6f * random.NextSingle())) * MathF.Tau / Width);
        return [.. Enumerable.Range(0, length).Select(i => MathF.Sin(phase + (i * step)))];
    }
}
