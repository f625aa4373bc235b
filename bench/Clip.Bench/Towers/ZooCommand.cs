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
    public static Command Create()
    {
        var models = new Option<string[]>("--model")
        {
            Description = "Names of clip models --zoo.",
            DefaultValueFactory = _ => ["convnext_base_w", "EVA02-B-16"],
            AllowMultipleArgumentsPerToken = true,
        };
        var (batches, rounds, threads) = (ContestOptions.Batches(), ContestOptions.Rounds(9), ContestOptions.Threads());
        var int8 = new Option<bool>("--int8") { Description = "Times the int8 tower, too." };
        var command = new Command("zoo", "Times the zoo's image towers beside plain graphs.") { models, batches, rounds, threads, int8 };
        command.SetAction(parsed =>
        {
            foreach (var model in parsed.GetValue(models)!)
            {
                var folder = Directory.CreateTempSubdirectory("clip-bench-");
                try
                {
                    var config = Read(model);
                    TowerRace.Run(
                        $"{model}'s image tower", Write(config, folder.FullName, parsed.GetValue(int8)), config.Image!.ImageSize,
                        parsed.GetValue(batches)!, parsed.GetValue(rounds), parsed.GetValue(threads));
                }
                finally
                {
                    folder.Delete(recursive: true);
                }
            }
        });
        return command;
    }

    private static ZooModel Read(string name)
    {
        var entry = ZooCatalog.Find(name) ?? throw new InvalidDataException($"There is no '{name}' in clip models --zoo.");
        using var document = JsonDocument.Parse(entry.Json);
        return ZooConfig.Read(document.RootElement, weights: null, name) with { Text = null };
    }

    private static TowerGraph[] Write(ZooModel model, string folder, bool int8)
    {
        var weights = RandomWeights.Create([.. model.Layout()], seed: 0);
        string ours = File("ours"), plain = File("plain"), small = File("int8");
        ModelFile.Write(ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights), ours, ModelFile.MaxInlineBytes);
        PlainZoo.Write(model.Image!, weights, plain);
        TowerGraph[] exact = [new("ours", ours), new("plain", plain)];
        if (!int8) return exact;
        ModelFile.Write(
            ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights, OnnxPrecision.Int8, Int8(model, weights, folder)), small,
            ModelFile.MaxInlineBytes);
        return [.. exact, new("int8", small, IsExact: false)];

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
                ZooExporter.Graph(ClipOnnxExporter.VisionStem, model, weights), [TowerRace.Noise(3 * size * size)], size,
                Path.Combine(folder, "ranges.onnx")),
        };
    }
}
