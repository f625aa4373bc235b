using System.CommandLine;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary><c>exports</c>: our pipeline on each export of the same weights, beside transformers.js on the plain one.</summary>
internal static class ExportsCommand
{
    private const string PlainPipeline = "`ClipFeaturizeImage`, the same plain file";

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder with weights, an fp32 and an int8 vision model." };
        var images = new Option<int>("--images") { Description = "Images a run.", DefaultValueFactory = _ => 64 };
        var rounds = ContestOptions.Rounds(3);
        var batch = new Option<int>("--batch") { Description = "Batch size of our own roads.", DefaultValueFactory = _ => 32 };
        var threads = ContestOptions.Threads();
        var script = new Option<string>("--transformers-js")
        {
            Description = "Where transformers.js is installed.",
            DefaultValueFactory = _ => Path.Combine("bench", "transformers-js"),
        };
        var command = new Command("exports", "Times JPEG files to features on each export, beside transformers.js on a plain one.")
        {
            folder, images, rounds, batch, threads, script,
        };
        command.SetAction(parsed =>
        {
            var temporary = Directory.CreateTempSubdirectory("clip-bench-");
            try
            {
                var pictures = Photographs.Write(temporary.CreateSubdirectory("pictures").FullName, parsed.GetValue(images));
                var plain = WritePlain(parsed.GetValue(folder)!, temporary.CreateSubdirectory("plain").FullName);
                var files = new[] { plain, TowerFiles.Find(parsed.GetValue(folder)!, ClipPrecision.Fp32) }
                    .Append(TowerFiles.Find(parsed.GetValue(folder)!, ClipPrecision.Int8)).ToArray();
                Run(files, pictures, parsed.GetValue(rounds), parsed.GetValue(batch), parsed.GetValue(threads), parsed.GetValue(script)!);
            }
            finally
            {
                temporary.Delete(recursive: true);
            }
        });
        return command;
    }

    private static void Run(TowerFiles[] files, string[] pictures, int rounds, int batchSize, int threads, string scriptFolder)
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(pictures.Select(path => new PictureRow { Path = path }));
        using var others = TransformersJs.Start(scriptFolder, files[0], pictures, threads)
            ?? throw new FileNotFoundException($"transformers.js is not installed: npm install --prefix {scriptFolder}");
        var roads = Array.ConvertAll(files, f => new ClipRoad(ml, f, data, nameof(PictureRow.Path), batchSize, threads));
        try
        {
            string[] names = [PlainPipeline, "`ClipFeaturizeImage`, our fp32 export", "`ClipFeaturizeImage`, our int8 export"];
            var entrants = names.Zip(roads, (name, road) => Entrant.Of(name, pictures.Length, () => road.Run()));
            var results = Contest.Run([others.Entrant(), .. entrants], rounds);
            Tables.Write($"{pictures.Length} JPEG files, our batches of {batchSize}", "images/s", results);
            Console.WriteLine("\n| what | times as fast as transformers.js on the plain file |\n|---|---:|");
            foreach (var result in results.Skip(1)) Console.WriteLine($"| {result.Name} | {result.Over(results[0]):F2} |");

            var exact = roads[0].Run();
            foreach (var (name, road) in names.Zip(roads).Skip(1))
                Console.WriteLine($"\nLowest cosine of {name} to the plain file's features: {LowestCosine(road.Run(), exact):F5}.");
            Console.WriteLine($"Cosine of transformers.js: {others.FirstCosine(exact[0]):F5}.");
        }
        finally
        {
            Array.ForEach(roads, r => r.Dispose());
        }
    }

    private static float LowestCosine(float[][] some, float[][] others) =>
        some.Zip(others, (a, b) => TensorPrimitives.CosineSimilarity<float>(a, b)).Min();

    /// <summary>A model folder whose image tower is the plain graph of the same weights.</summary>
    private static TowerFiles WritePlain(string folder, string target)
    {
        foreach (var name in new[] { "config.json", "preprocessor_config.json" })
            File.Copy(Path.Combine(folder, name), Path.Combine(target, name));
        var files = new TowerFiles(target, "onnx/vision_model.onnx", "onnx/text_model.onnx", "fp32");
        Directory.CreateDirectory(Path.GetDirectoryName(files.VisionPath)!);
        PlainCommand.Write(folder, files.VisionPath);
        return files;
    }
}
