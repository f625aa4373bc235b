using System.CommandLine;
using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary><c>photos</c>: pictures of a camera's size, decoded exactly and at a fraction of their size, beside transformers.js.</summary>
internal static class PhotosCommand
{
    private const int BatchSize = 16;

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder, best of a trained model." };
        var count = new Option<int>("--images") { Description = "Pictures.", DefaultValueFactory = _ => 200 };
        var width = new Option<int>("--width") { Description = "Their width.", DefaultValueFactory = _ => 4000 };
        var height = new Option<int>("--height") { Description = "Their height.", DefaultValueFactory = _ => 3000 };
        var timed = new Option<int>("--timed") { Description = "How many of them are timed.", DefaultValueFactory = _ => 16 };
        var rounds = ContestOptions.Rounds(5);
        var threads = ContestOptions.Threads();
        var script = new Option<string>("--transformers-js")
        {
            Description = "Where transformers.js is installed; left out if it is not.",
            DefaultValueFactory = _ => Path.Combine("bench", "transformers-js"),
        };
        var command = new Command("photos", "Times large photographs, and compares the features of scaled decoding with the exact ones.")
        {
            folder, count, width, height, timed, rounds, threads, script,
        };
        command.SetAction(parsed =>
        {
            var temporary = Directory.CreateTempSubdirectory("clip-bench-").FullName;
            try
            {
                var size = (parsed.GetValue(width), parsed.GetValue(height));
                var files = TowerFiles.Find(parsed.GetValue(folder)!, ClipPrecision.Fp32);
                Compare(files, parsed.GetValue(count), size, parsed.GetValue(threads));
                var pictures = Photographs.Write(temporary, parsed.GetValue(timed), size.Item1, size.Item2);
                Time(files, pictures, parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetValue(script)!);
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        });
        return command;
    }

    private static ClipModel Open(TowerFiles files, ImageDecoding decode, int threads) => ClipModel.Open(files.Folder, new()
    {
        VisionModelFile = files.Vision,
        Decode = decode,
        BatchSize = BatchSize,
        Session = new() { IntraOpThreads = threads },
    });

    private static void Compare(TowerFiles files, int count, (int Width, int Height) size, int threads)
    {
        using var exact = Open(files, ImageDecoding.Exact, threads);
        using var scaled = Open(files, ImageDecoding.Scaled, threads);
        var cosines = Enumerable.Range(0, count).Select(number =>
        {
            ReadOnlyMemory<byte> jpeg = Photographs.Jpeg(number, size.Width, size.Height);
            return TensorPrimitives.CosineSimilarity<float>(exact.EmbedImage(jpeg), scaled.EmbedImage(jpeg));
        }).ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Cosine of scaled to exact features, {count} pictures of {size.Width}×{size.Height}: mean {cosines.Average():F5}, "
            + $"lowest {cosines.Min():F5}."));
    }

    private static void Time(TowerFiles files, string[] pictures, int rounds, int threads, string script)
    {
        using var exact = Open(files, ImageDecoding.Exact, threads);
        using var scaled = Open(files, ImageDecoding.Scaled, threads);
        using var others = TransformersJs.Start(script, files, pictures, threads);
        if (others is null) Console.Error.WriteLine($"transformers.js is left out: npm install --prefix {script}");
        Entrant[] more = others is null ? [] : [others.Entrant()];
        var results = Contest.Run(
            [
                Entrant.Of("decode and prepare, one thread, scaled", pictures.Length, () => Prepare(scaled, pictures)),
                Entrant.Of("decode and prepare, one thread, exact", pictures.Length, () => Prepare(exact, pictures)),
                Entrant.Of("`ClipModel.EmbedImages`, scaled", pictures.Length, () => scaled.EmbedImages(pictures)),
                Entrant.Of("`ClipModel.EmbedImages`, exact", pictures.Length, () => exact.EmbedImages(pictures)),
                .. more,
            ],
            rounds);
        var bytes = pictures.Average(p => new FileInfo(p).Length) / (1024 * 1024);
        var title = string.Create(CultureInfo.InvariantCulture, $"{pictures.Length} JPEG files, {bytes:F1} MiB on average");
        Tables.Write(title, "images/s", results);
        Tables.WriteRatios(results[0], [results[1]]);
        Tables.WriteRatios(results[2], results.Skip(3));
        Tables.WriteRatios(results[3], results.Skip(4));
    }

    private static void Prepare(ClipModel model, string[] pictures)
    {
        var preprocessor = ClipImagePreprocessor.Create(model.Preprocessing);
        var pixels = new float[preprocessor.FloatCount];
        foreach (var picture in pictures) preprocessor.Preprocess(File.ReadAllBytes(picture), pixels);
    }
}
