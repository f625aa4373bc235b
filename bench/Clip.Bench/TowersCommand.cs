using System.CommandLine;
using System.Numerics.Tensors;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Bench;

/// <summary><c>towers</c>: a folder's image tower beside other graphs of the same weights, in turns.</summary>
internal static class TowersCommand
{
    private const float Tolerance = 1e-4f;

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder with model.safetensors and onnx/vision_model.onnx." };
        var batches = new Option<int[]>("--batch")
        {
            Description = "Batch sizes.",
            DefaultValueFactory = _ => [1, 16],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds") { Description = "Runs of each, besides one to warm up.", DefaultValueFactory = _ => 9 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of every session; default one a processor.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var command = new Command("towers", "Times the image tower's graph beside others of the same weights.")
        {
            folder, batches, rounds, threads,
        };
        command.SetAction(parsed =>
        {
            var temporary = Directory.CreateTempSubdirectory("clip-bench-");
            try
            {
                Run(
                    parsed.GetValue(folder)!, temporary.FullName, parsed.GetValue(batches)!,
                    parsed.GetValue(rounds), parsed.GetValue(threads));
            }
            finally
            {
                temporary.Delete(recursive: true);
            }
        });
        return command;
    }

    private static void Run(string folder, string temporary, int[] batches, int rounds, int threads)
    {
        var size = ClipConfigJson.Load(folder).Vision.ImageSize;
        var towers = Graphs(folder, temporary)
            .Select(g => (g.Name, Tower: new BareTower(g.File, "pixel_values", "image_embeds", threads))).ToArray();
        try
        {
            foreach (var batch in batches)
            {
                // Of several images a run takes about as long as of one batch: rounds are all alike.
                var count = Math.Max(batch, 8);
                var pixels = Noise(count * 3 * size * size);
                int[] shape = [3, size, size];
                var results = Contest.Run(
                    [.. towers.Select(t => Entrant.Of(t.Name, count, () => t.Tower.Run(pixels, shape, batch)))], rounds);
                Tables.Write($"Image tower, batch {batch}", "images/s", results);
                Tables.WriteRatios(results[0], results.Skip(1));
                Check(towers, pixels, shape, batch);
            }
        }
        finally
        {
            foreach (var (_, tower) in towers) tower.Dispose();
        }
    }

    private static IEnumerable<(string Name, string File)> Graphs(string folder, string temporary)
    {
        using var checkpoint = CheckpointFile.Open(folder);
        var config = ClipConfigJson.Load(folder);
        string plain = Path.Combine(temporary, "plain.onnx"),
            attention = Path.Combine(temporary, "mha.onnx"),
            skip = Path.Combine(temporary, "skip.onnx");
        PlainVision.Write(config, checkpoint.Weights, plain);
        FusedOperators.WriteAttention(config, checkpoint.Weights, attention);
        FusedOperators.WriteSkipNorms(config, checkpoint.Weights, skip);
        return
        [
            ("ours", Path.Combine(folder, "onnx", "vision_model.onnx")), ("plain export", plain),
            ("ours with MultiHeadAttention", attention), ("ours with SkipLayerNormalization", skip),
        ];
    }

    /// <summary>A faster graph of another function would be no achievement.</summary>
    private static void Check((string Name, BareTower Tower)[] towers, float[] pixels, int[] shape, int batch)
    {
        var own = towers[0].Tower.Run(pixels, shape, batch);
        foreach (var (name, tower) in towers.Skip(1))
        {
            var other = tower.Run(pixels, shape, batch);
            var largest = own.Max(row => TensorPrimitives.MaxMagnitude<float>(row));
            var difference = Features.LargestDifference(own, other) / Math.Abs(largest);
            Console.WriteLine($"\nLargest difference of features to {name}: {difference:E1} of the largest.");
            if (!(difference <= Tolerance))
                throw new InvalidDataException($"The features of {name} differ by {difference}: it is another function.");
        }
    }

    private static float[] Noise(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (random.NextSingle() * 4) - 2;
        return values;
    }
}
