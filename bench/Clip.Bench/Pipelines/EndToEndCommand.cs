using System.CommandLine;
using BenchmarkDotNet.Environments;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary><c>end-to-end</c>: whole roads from files and texts to features, in turns, as Markdown tables.</summary>
internal static class EndToEndCommand
{
    private const float Tolerance = 1e-5f;

    public static Command Create()
    {
        var folder = new Argument<string>("folder")
        {
            Description = "A model folder with one ONNX file a tower, as init or training writes it.",
        };
        var part = new Option<string>("--part") { Description = "images, texts or both.", DefaultValueFactory = _ => "both" };
        part.AcceptOnlyFromAmong("images", "texts", "both");
        var precision = new Option<ClipPrecision>("--precision")
        {
            Description = "Which of the folder's ONNX files: Fp32, Fp16 or Int8.",
            DefaultValueFactory = _ => ClipPrecision.Fp32,
        };
        var images = new Option<int>("--images") { Description = "Images a run.", DefaultValueFactory = _ => 64 };
        var classes = new Option<int>("--classes")
        {
            Description = $"Classes, of 80 prompts each, a run; at most {Prompts.ClassCount}.",
            DefaultValueFactory = _ => 4,
        };
        var rounds = ContestOptions.Rounds(7);
        var batch = new Option<int>("--batch") { Description = "Batch size of our own roads.", DefaultValueFactory = _ => 32 };
        var threads = ContestOptions.Threads();
        var script = new Option<string>("--transformers-js")
        {
            Description = "Where transformers.js is installed; left out if it is not.",
            DefaultValueFactory = _ => Path.Combine("bench", "transformers-js"),
        };
        var command = new Command("end-to-end", "Times files and texts to features, in turns with others.")
        {
            folder, part, precision, images, classes, rounds, batch, threads, script,
        };
        command.SetAction(parsed =>
        {
            var files = TowerFiles.Find(parsed.GetValue(folder)!, parsed.GetValue(precision));
            Console.WriteLine($"```\n{Machine()}\n{parsed.GetValue(precision)}, {parsed.GetValue(threads)} threads, "
                + $"{parsed.GetValue(rounds)} rounds\n```");
            var (size, cores, turns) = (parsed.GetValue(batch), parsed.GetValue(threads), parsed.GetValue(rounds));
            if (parsed.GetValue(part) != "texts") Images(files, parsed.GetValue(images), size, cores, turns, parsed.GetValue(script)!);
            if (parsed.GetValue(part) != "images") Texts(files, parsed.GetValue(classes), size, cores, turns);
        });
        return command;
    }

    private static void Images(TowerFiles files, int count, int batchSize, int threads, int rounds, string scriptFolder)
    {
        var temporary = Directory.CreateTempSubdirectory("clip-bench-").FullName;
        try
        {
            var pictures = Photographs.Write(temporary, count);
            var size = pictures.Average(p => new FileInfo(p).Length) / 1024;
            using var contest = new ImageContest(files, pictures, batchSize, threads);
            using var others = TransformersJs.Start(scriptFolder, files, pictures, threads);
            if (others is null) Console.Error.WriteLine($"transformers.js is left out: npm install --prefix {scriptFolder}");

            Entrant[] more = others is null ? [] : [others.Entrant()];
            var results = Contest.Run([.. contest.Entrants(), .. more], rounds);
            var ideal = PerfectOverlap(results, batchSize, threads);
            results.Add(ideal);

            Tables.Write($"{count} JPEG files of {Photographs.Width}×{Photographs.Height}, {size:F0} KiB on average", "images/s", results);
            var own = results.Single(r => r.Name.StartsWith(ImageContest.Transform, StringComparison.Ordinal));
            Tables.WriteRatios(own, results.Where(r => r != own));

            var difference = Equal(contest.LargestDifference(), files);
            Console.WriteLine($"\nLargest difference of features, pipeline to bare session: {difference:E1}.");
            Console.WriteLine($"Lowest cosine to ours of ML.NET's own steps: {contest.LowestMlNetCosine():F4}.");
            if (others?.FirstCosine(contest.FirstFeatures()) is { } cosine)
                Console.WriteLine($"Cosine to ours of transformers.js: {cosine:F4}.");
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static void Texts(TowerFiles files, int classes, int batchSize, int threads, int rounds)
    {
        using var contest = new TextContest(files, classes, batchSize, threads);
        var results = Contest.Run([.. contest.Entrants()], rounds);
        Tables.Write($"{contest.Count} prompts of {contest.MeanTokens:F1} tokens on average, batch {batchSize}", "texts/s", results);
        Tables.WriteRatios(results[0], results.Skip(1));
        Console.WriteLine($"\nLargest difference of features, cut to padded: {Equal(contest.LargestDifference(), files):E1}.");
    }

    /// <summary>The session's time and the preparation's, spread over all cores with none ever idle: what no pipeline can beat.</summary>
    private static Result PerfectOverlap(List<Result> results, int batchSize, int threads)
    {
        var bare = results.Single(r => r.Name == $"{ImageContest.Bare}{batchSize}");
        var prepare = results.Single(r => r.Name == ImageContest.Prepare);
        double[] speeds = [.. bare.Speeds.Zip(prepare.Speeds, (run, one) => 1 / ((1 / run) + (1 / (one * threads))))];
        return new("perfect overlap (computed)", speeds, null);
    }

    /// <summary>Full precision leaves no excuse; below it, what shares a batch moves the scales of quantised activations.</summary>
    private static float Equal(float difference, TowerFiles files) => difference <= Tolerance || files.DType != "fp32"
        ? difference
        : throw new InvalidDataException($"Features differ by {difference}, more than {Tolerance}: the roads do not do the same work.");

    private static string Machine() => string.Join('\n', HostEnvironmentInfo.GetCurrent().ToFormattedString());
}
