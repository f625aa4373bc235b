using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clip.Conversion.Initialization;
using Clip.Data;
using Clip.Data.Sources;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary><c>input</c>: reading, decoding and augmenting JPEG files for training, on one thread, beside torchvision and Pillow.</summary>
internal static class InputCommand
{
    private static readonly (string Name, Augmentation Augmentation)[] Kinds =
    [
        ("crop", new Augmentation()),
        ("all", new Augmentation { FlipChance = 0.5, ColorJitter = 0.4, Hue = 0.1, GrayscaleChance = 0.2 }),
    ];

    public static Command Create()
    {
        var images = new Option<int>("--images") { Description = "JPEG files of 640×480.", DefaultValueFactory = _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds, of which medians are told.", DefaultValueFactory = _ => 7 };
        var python = new Option<string>("--python")
        {
            Description = "A Python that has torch, torchvision and Pillow.",
            DefaultValueFactory = _ => "python3",
        };
        var command = new Command("input", "Times the input pipeline of training beside torchvision and Pillow.")
        {
            images, rounds, python,
        };
        command.SetAction(parsed => Run(parsed.GetValue(images), parsed.GetValue(rounds), parsed.GetValue(python)!));
        return command;
    }

    private static void Run(int images, int rounds, string python)
    {
        var folder = Directory.CreateTempSubdirectory("clip-bench-").FullName;
        try
        {
            var paths = Photographs.Write(folder, images);
            using var records = new TableSource([.. paths.Select(path => new CaptionedImage(path, ["a picture"]))]);
            foreach (var (name, augmentation) in Kinds)
            {
                using var theirs = Start(python, folder, name);
                Console.WriteLine($"{name}: {theirs.StandardOutput.ReadLine()}");
                using var pixels = new AugmentedPixels(ClipImagePreprocessing.ForSize(224), augmentation, cacheBytes: 0);
                var floats = new float[pixels.FloatCount];
                var (our, their, ratios) = (new List<double>(), new List<double>(), new List<double>());
                var allocated = 0L;
                for (var round = -1; round < rounds; round++)
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    var clock = Stopwatch.StartNew();
                    for (var i = 0; i < images; i++) pixels.Fill(records, i, new SampleRandom(round, i), floats);
                    var seconds = clock.Elapsed.TotalSeconds;
                    allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                    theirs.StandardInput.WriteLine();
                    var line = theirs.StandardOutput.ReadLine()
                        ?? throw new InvalidOperationException($"{python} ended before its round did.");
                    if (round < 0) continue; // the first warms up
                    our.Add(images / seconds);
                    their.Add(images / double.Parse(line, CultureInfo.InvariantCulture));
                    ratios.Add(our[^1] / their[^1]);
                }

                theirs.StandardInput.Close();
                theirs.WaitForExit();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  ours {Median(our):F1} images/s, torchvision and Pillow {Median(their):F1} images/s, "
                    + $"median ratio {Median(ratios):F2}, managed {allocated / 1024.0 / images:F1} KiB an image"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process Start(string python, string folder, string kind)
    {
        var start = new ProcessStartInfo(python, [Path.Combine("bench", "pytorch", "input_pipeline.py"), folder, kind])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
