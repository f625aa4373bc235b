using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary>
/// The roads of <see cref="StartCommand"/>: each says how many seconds it took, how many of the processor's, and the most memory that the
/// process had.
/// </summary>
internal static class StartRoads
{
    /// <summary>The variable that names a picture.</summary>
    public const string PictureVariable = "CLIP_BENCH_PICTURE";

    private const string ZipVariable = "CLIP_BENCH_ZIP";

    private static readonly Dictionary<string, string> Meanings = new()
    {
        ["bare"] = "a bare session of the image tower, and a picture",
        ["open"] = "`ClipModel.Open`, and a picture",
        ["kept"] = "the same with `CacheOptimizedGraph`, a later start",
        ["copy"] = "`cp` of the image tower",
        ["save"] = "`Model.Save` of an image featurizer",
        ["load"] = "`Model.Load`, and a picture",
        ["fit"] = "fit of an image featurizer and a trainer, 20 pictures",
        ["folds"] = "five-fold `CrossValidate` of them",
        ["zip"] = "a saved model",
        ["bare-both"] = "two bare sessions, one after the other",
    };

    public static IEnumerable<string> Names => Meanings.Keys.Where(name => name is not ("bare-both" or "zip"));

    public static string Told(string name) => Meanings.GetValueOrDefault(name, name);

    public static void Run(string name, string folder)
    {
        var (seconds, processor) = name switch
        {
            "bare" => Bare(folder, both: false),
            "bare-both" => Bare(folder, both: true),
            "open" => Open(folder, new()),
            "kept" => Open(folder, new() { CacheOptimizedGraph = true }),
            "fit" => Fit(folder, folds: 0),
            "folds" => Fit(folder, folds: 5),
            "load" => Load(folder),
            _ => Saved(name, folder),
        };
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{seconds:F4} {processor:F4} {ProcessMemory.MiB("VmHWM"):F1}"));
    }

    private static (double Seconds, double Processor) Timed(Action action)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        action();
        var seconds = watch.Elapsed.TotalSeconds;
        process.Refresh();
        return (seconds, (process.TotalProcessorTime - before).TotalSeconds);
    }

    private static (double Seconds, double Processor) Bare(string folder, bool both)
    {
        var pixels = new float[3 * 224 * 224];
        return Timed(() =>
        {
            using var images = new BareTower(Path.Combine(folder, "onnx/vision_model.onnx"), "pixel_values", "image_embeds", 0);
            images.Run(pixels, [3, 224, 224], 1);
            if (!both) return;
            using var texts = new BareTower(Path.Combine(folder, "onnx/text_model.onnx"), "input_ids", "text_embeds", 0);
            texts.Run(new long[8], [8], 1);
        });
    }

    private static (double Seconds, double Processor) Open(string folder, ClipSessionOptions session)
    {
        // Painted elsewhere: painting takes memory too.
        var picture = Environment.GetEnvironmentVariable(PictureVariable) is { } path ? File.ReadAllBytes(path) : Photographs.Jpeg(0);
        return Timed(() =>
        {
            using var model = ClipModel.Open(folder, new() { Session = session });
            model.EmbedImage(picture);
        });
    }

    private static (double Seconds, double Processor) Fit(string folder, int folds) => InFolder(temporary =>
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(Photographs.Write(temporary, 20)
            .Select((path, i) => new LabeledRow { Path = path, Name = i % 2 == 0 ? "even" : "odd" }));
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", nameof(LabeledRow.Name))
            .Append(ml.Transforms.ClipFeaturizeImage("Features", folder, nameof(LabeledRow.Path)))
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.NaiveBayes());
        return folds == 0 ? Timed(() => pipeline.Fit(data))
            : Timed(() => ml.MulticlassClassification.CrossValidate(data, pipeline, folds));
    });

    /// <summary>Saves, or copies the tower; "zip" leaves the saved model where the environment says.</summary>
    private static (double Seconds, double Processor) Saved(string name, string folder) => InFolder(temporary =>
    {
        var ml = new MLContext();
        var picture = Photographs.Write(temporary, 1)[0];
        var data = ml.Data.LoadFromEnumerable(new[] { new PictureRow { Path = picture } });
        using var fitted = ml.Transforms.ClipFeaturizeImage("Features", folder, nameof(PictureRow.Path)).Fit(data);
        var zip = name == "zip" ? Environment.GetEnvironmentVariable(ZipVariable)! : Path.Combine(temporary, "model.zip");
        if (name != "copy") return Timed(() => ml.Model.Save(fitted, data.Schema, zip));
        return Timed(() =>
        {
            using var cp = Process.Start("cp", [Path.Combine(folder, "onnx/vision_model.onnx"), Path.Combine(temporary, "copy.onnx")]);
            cp.WaitForExit();
        });
    });

    /// <summary>Loads what another process has saved: this one's memory is the loading's alone.</summary>
    private static (double Seconds, double Processor) Load(string folder) => InFolder(temporary =>
    {
        var zip = Path.Combine(temporary, "model.zip");
        var picture = Photographs.Write(temporary, 1)[0];
        var start = new ProcessStartInfo("dotnet", StartCommand.Self("zip", folder)) { RedirectStandardOutput = true };
        start.Environment[ZipVariable] = zip;
        using (var saving = Process.Start(start)!) saving.StandardOutput.ReadToEnd();
        return Timed(() =>
        {
            var ml = new MLContext();
            using var loaded = (IDisposable)ml.Model.Load(zip, out _);
            using var engine = ml.Model.CreatePredictionEngine<PictureRow, FeatureRow>((ITransformer)loaded);
            engine.Predict(new PictureRow { Path = picture });
        });
    });

    private static T InFolder<T>(Func<string, T> run)
    {
        var temporary = Directory.CreateTempSubdirectory("clip-bench-").FullName;
        try
        {
            return run(temporary);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private sealed class LabeledRow
    {
        public string Path { get; set; } = "";

        public string Name { get; set; } = "";
    }

    private sealed class FeatureRow
    {
        public float[] Features { get; set; } = [];
    }
}
