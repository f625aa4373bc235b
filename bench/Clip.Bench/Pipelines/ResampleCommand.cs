using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Bench;

/// <summary><c>resample</c>: our bicubic resampler beside Pillow's, one thread each, in turns, in megapixels of input a second.</summary>
internal static class ResampleCommand
{
    private const int ShortestEdge = 224;

    private static readonly (int Width, int Height)[] Sizes = [(640, 480), (1920, 1080), (256, 256)];

    public static Command Create()
    {
        var python = new Option<string>("--python") { Description = "A Python that has Pillow.", DefaultValueFactory = _ => "python3" };
        var script = new Option<string>("--script")
        {
            Description = "The script that runs Pillow.",
            DefaultValueFactory = _ => Path.Combine("bench", "pillow", "time.py"),
        };
        var rounds = ContestOptions.Rounds(7);
        var command = new Command("resample", "Times the resampler beside Pillow's.") { python, script, rounds };
        command.SetAction(parsed =>
        {
            Console.WriteLine($"| size | ours, Mpx/s | Pillow, Mpx/s | times as fast |\n|---|---:|---:|---:|");
            foreach (var (width, height) in Sizes)
                Run(width, height, parsed.GetValue(python)!, parsed.GetValue(script)!, parsed.GetValue(rounds));
        });
        return command;
    }

    private static void Run(int width, int height, string python, string script, int rounds)
    {
        var (newWidth, newHeight) = width < height
            ? (ShortestEdge, ShortestEdge * height / width)
            : (ShortestEdge * width / height, ShortestEdge);
        var pixels = new byte[4 * width * height];
        new Random(1).NextBytes(pixels);
        var resized = new byte[4 * newWidth * newHeight];
        using var pillow = new Pillow(python, script, width, height, newWidth, newHeight);

        var count = Math.Max(8, 100_000_000 / (width * height));
        var results = Contest.Run(
        [
            Entrant.Of("ours", count, () =>
            {
                for (var i = 0; i < count; i++)
                {
                    var source = new PixelView(pixels, 4 * width, width, height, PixelMode.Rgb);
                    Resampler.Resize(source, false, ResizeWindow.Whole(newWidth, newHeight), ImageResample.Bicubic, resized, 4 * newWidth);
                }
            }),
            new Entrant("Pillow", count, () => pillow.Time(count)),
        ], rounds);
        var megapixels = width * height / 1e6;
        Console.WriteLine($"| {width}×{height} to {newWidth}×{newHeight} | {results[0].Median * megapixels:F0} | "
            + $"{results[1].Median * megapixels:F0} (Pillow {pillow.Version}) | {results[0].Over(results[1]):F2} |");
    }

    /// <summary>A Python process that waits for its turns and times itself.</summary>
    private sealed class Pillow : IDisposable
    {
        private readonly Process _process;

        public Pillow(string python, string script, params int[] sizes)
        {
            _process = Process.Start(new ProcessStartInfo(python, [script, .. sizes.Select(s => s.ToString(CultureInfo.InvariantCulture))])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            Version = Answer();
        }

        public string Version { get; }

        public TimeSpan Time(int count)
        {
            _process.StandardInput.WriteLine(count);
            return TimeSpan.FromSeconds(double.Parse(Answer(), CultureInfo.InvariantCulture));
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private string Answer() => _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("Pillow's process ended early; its message is above.");
    }
}
