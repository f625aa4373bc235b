using System.CommandLine;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Reading;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Bench;

/// <summary><c>zoo</c>: image towers of open_clip's zoo, of random weights, beside plain graphs of the same weights, in turns.</summary>
internal static class ZooCommand
{
    private const float Tolerance = 1e-4f;

    public static Command Create()
    {
        var models = new Option<string[]>("--model")
        {
            Description = "Names of clip models --zoo.",
            DefaultValueFactory = _ => ["convnext_base_w", "EVA02-B-16"],
            AllowMultipleArgumentsPerToken = true,
        };
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
        var int8 = new Option<bool>("--int8") { Description = "Times the int8 tower, too." };
        var command = new Command("zoo", "Times the zoo's image towers beside plain graphs.") { models, batches, rounds, threads, int8 };
        command.SetAction(parsed =>
        {
            foreach (var model in parsed.GetValue(models)!)
            {
                var folder = Directory.CreateTempSubdirectory("clip-bench-");
                try
                {
                    Run(
                        model, folder.FullName, parsed.GetValue(batches)!, parsed.GetValue(rounds), parsed.GetValue(threads),
                        parsed.GetValue(int8));
                }
                finally
                {
                    folder.Delete(recursive: true);
                }
            }
        });
        return command;
    }

    private static void Run(string name, string folder, int[] batches, int rounds, int threads, bool int8)
    {
        var entry = ZooCatalog.Find(name) ?? throw new InvalidDataException($"There is no '{name}' in clip models --zoo.");
        using var document = JsonDocument.Parse(entry.Json);
        var model = ZooConfig.Read(document.RootElement, weights: null, name) with { Text = null };
        var size = model.Image!.ImageSize;
        var towers = Write(model, folder, int8).Select(file => (
            Name: Path.GetFileNameWithoutExtension(file),
            Tower: new BareTower(file, "pixel_values", "image_embeds", threads))).ToArray();
        try
        {
            foreach (var batch in batches)
            {
                // Of several images a run takes about as long as of one batch: rounds are all alike.
                var count = Math.Max(batch, 4);
                var pixels = Noise(count * 3 * size * size);
                int[] shape = [3, size, size];
                var results = Contest.Run(
                    [.. towers.Select(t => Entrant.Of(t.Name, count, () => t.Tower.Run(pixels, shape, batch)))], rounds);
                Tables.Write($"{name}'s image tower, batch {batch}", "images/s", results);
                Tables.WriteRatios(results[0], results.Skip(1));
            }

            var image = Noise(3 * size * size);
            float[][] Features(int tower) => towers[tower].Tower.Run(image, [3, size, size], 1);
            var largest = Features(0).Max(row => row.Max(Math.Abs));
            var difference = Bench.Features.LargestDifference(Features(0), Features(1)) / largest;
            Console.WriteLine($"\nLargest difference of features to the plain graph: {difference:E1} of the largest.");
            // A faster graph of another function would be no achievement.
            if (!(difference <= Tolerance))
                throw new InvalidDataException($"The features differ by {difference}: it is another function.");
        }
        finally
        {
            foreach (var (_, tower) in towers) tower.Dispose();
        }
    }

    private static List<string> Write(ZooModel model, string folder, bool int8)
    {
        var weights = RandomWeights.Create([.. model.Layout()], seed: 0);
        string ours = File("ours"), plain = File("plain"), small = File("int8");
        ModelFile.Write(ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights), ours, ModelFile.MaxInlineBytes);
        PlainZoo.Write(model.Image!, weights, plain);
        if (!int8) return [ours, plain];
        ModelFile.Write(
            ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights, OnnxPrecision.Int8, Int8(model, weights, folder)), small,
            ModelFile.MaxInlineBytes);
        return [ours, plain, small];

        string File(string name) => Path.Combine(folder, $"{name}.onnx");
    }

    private static Int8Options Int8(ZooModel model, IReadOnlyDictionary<string, WeightTensor> weights, string folder)
    {
        var options = new Int8Options { FloatWeights = ZooExporter.Projections(model) };
        if (!model.Image!.IsConvolutional) return options;
        var size = model.Image.ImageSize;
        return options with
        {
            Activations = ActivationRanges.Measure(
                ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights), [Noise(3 * size * size)], size,
                Path.Combine(folder, "ranges.onnx")),
        };
    }

    private static float[] Noise(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (random.NextSingle() * 4) - 2;
        return values;
    }
}
