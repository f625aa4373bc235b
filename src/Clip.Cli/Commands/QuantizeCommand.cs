using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Quickstart;
using Clip.Conversion.Initialization;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Quantization;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Trainer;

namespace Clip.Cli.Commands;

/// <summary><c>clip quantize</c>: adds smaller and faster ONNX files to a model folder and says what they cost in precision.</summary>
internal static class QuantizeCommand
{
    private const int PaintedSamples = 32;

    /// <summary>Features of a mean cosine below this are told to be far from float32's.</summary>
    private const double FarCosine = 0.99;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "A model folder with its weights (model.safetensors).", Required = true };
        var precision = new Option<string>("--precision")
        {
            Description = "int8, fp16 or both, separated by commas.",
            DefaultValueFactory = _ => "int8,fp16",
        };
        var calibration = new Option<string?>("--calibration")
        {
            Description = "Table of image paths and captions of the model's own kind; weights that int8 hurts on them stay in float.",
        };
        var samples = new Option<int>("--samples")
        {
            Description = "How many rows of the table to use, spread over it.",
            DefaultValueFactory = _ => 64,
        };
        var cosine = new Option<double>("--mean-cosine")
        {
            Description = "The cosine between fp32 and int8 features that calibration must reach in the mean.",
            DefaultValueFactory = _ => 0.995,
        };
        var reduceRange = new Option<bool>("--reduce-range")
        {
            Description = "7-bit weights, which x86 processors without VNNI multiply faster, and which cost precision.",
        };
        var layout = new TableOptions();
        var command = new Command("quantize", "Adds int8 and fp16 files to a model folder.")
        {
            model, precision, calibration, samples, cosine, reduceRange,
        };
        foreach (var option in layout.All) command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var folder = PretrainedModel.OwnFolder(parsed.GetValue(model)!, model.Name);
            var target = parsed.GetValue(cosine);
            var precisions = Precisions(parsed.GetValue(precision)!);
            if (parsed.GetValue(calibration) is { } table)
            {
                var rows = Spread(FileIdentity.Group(SkippedRows.Read(table, layout.Parse(parsed))), parsed.GetValue(samples));
                Run(folder, Options(rows, target), table, cancellation);
                return Task.FromResult(0);
            }

            var painted = Directory.CreateTempSubdirectory("clip-quantize-");
            try
            {
                const string source = "painted scenes; give --calibration for the model's own kind of images";
                Run(folder, Options(Paint(painted.FullName), null), source, cancellation);
            }
            finally
            {
                painted.Delete(recursive: true);
            }

            return Task.FromResult(0);

            QuantizationOptions Options(CaptionedImage[] rows, double? meanCosine) => new()
            {
                Precisions = precisions,
                ImagePaths = [.. rows.Select(row => row.Path)],
                Texts = [.. rows.Select(row => row.Captions[0]).Distinct()],
                MeanCosine = meanCosine,
                ReduceRange = parsed.GetValue(reduceRange),
            };
        });
        return command;
    }

    private static void Run(string folder, QuantizationOptions options, string source, CancellationToken cancellation)
    {
        var report = ModelFolderQuantizer.Add(folder, options, Console.WriteLine, cancellation);
        Console.WriteLine($"compared with fp32 on {options.ImagePaths.Count} images and {options.Texts.Count} texts ({source})");
        foreach (var file in report.Files)
        {
            var size = string.Create(
                CultureInfo.InvariantCulture, $"{file.Bytes / 1e6,8:F1} MB   {(double)file.Bytes / file.Fp32Bytes:F3} × fp32");
            var cosine = file.Cosine is { } c
                ? string.Create(CultureInfo.InvariantCulture, $"   cosine mean {c.Mean:F5}, min {c.Min:F5}")
                : "";
            Console.WriteLine($"{file.Name,-32} {size}{cosine}");
            if (file is { Precision: OnnxPrecision.Int8, Cosine.Mean: < FarCosine })
            {
                Console.Error.WriteLine(
                    $"clip: warning: {file.Name}: 8 bits change this model's features much; give --calibration, or use fp16.");
            }

            if (file.FloatWeights.Count > 0) Console.WriteLine($"  float: {string.Join(", ", file.FloatWeights)}");
        }

        foreach (var (precision, share) in report.Agreement)
        {
            var percent = share.ToString("P1", CultureInfo.InvariantCulture);
            Console.WriteLine($"{precision.Suffix()[1..]}: the nearest text is fp32's for {percent} of the images");
        }
    }

    private static OnnxPrecision[] Precisions(string names) =>
    [
        .. names.Split(',', StringSplitOptions.TrimEntries).Select(name => name switch
        {
            "int8" => OnnxPrecision.Int8,
            "fp16" => OnnxPrecision.Fp16,
            _ => throw new ClipException($"--precision '{name}' is not known; give int8, fp16 or int8,fp16."),
        }).Distinct(),
    ];

    private static CaptionedImage[] Spread(IReadOnlyList<CaptionedImage> rows, int count) =>
        count >= rows.Count ? [.. rows] : [.. Enumerable.Range(0, count).Select(i => rows[(int)((long)i * rows.Count / count)])];

    private static CaptionedImage[] Paint(string folder) =>
    [
        .. Enumerable.Range(0, PaintedSamples).Select(i =>
        {
            var random = new SampleRandom(0, i);
            var thing = Combination.All[random.Next(Combination.All.Count)];
            var scene = new Scene(thing, random.Pick(Scene.Backgrounds), random.Pick(Scene.Positions));
            var path = Path.Combine(folder, $"{i}.png");
            File.WriteAllBytes(path, ScenePainter.Paint(scene, ref random));
            return new CaptionedImage(path, [SceneCaptions.Write(scene, ref random)]);
        }),
    ];
}
