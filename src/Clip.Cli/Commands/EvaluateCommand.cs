using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip evaluate</c>: what a model folder is worth on data whose answers are known.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var model = PretrainedModel.Option("--model");
        var sets = new LabeledSetOptions("--data", "--labels", "--templates");
        var retrieval = new Option<string[]>("--retrieval-data")
        {
            Description = "Tables of images and captions to find by each other, as TABLE or NAME=TABLE; any number of them.",
            AllowMultipleArgumentsPerToken = true,
        };
        var probe = new Option<string[]>("--linear-probe")
        {
            Description =
                "Labeled pictures to train a linear probe on, as PATH for every set of --data, or NAME=PATH for one; "
                + "it is tested on the set.",
            AllowMultipleArgumentsPerToken = true,
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON object instead of lines." };
        var table = new TableOptions();
        var command = new Command("evaluate", "Measures zero-shot accuracy, retrieval and linear probes.")
        {
            model, retrieval, probe, json,
        };
        foreach (var option in (IEnumerable<Option>)[.. sets.All, .. table.All])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var layout = table.Parse(parsed);
            var labeled = sets.Read(parsed, layout);
            var captioned = (parsed.GetValue(retrieval) ?? [])
                .Select(value => NamedFiles.Named(value))
                .Select(file => (file.Name, Rows: FileIdentity.Group(SkippedRows.Read(file.Path, layout))))
                .ToArray();
            if (labeled.Count + captioned.Length == 0)
                throw new ClipException(
                    "There is nothing to evaluate on; give labeled pictures with --data, or captioned ones with --retrieval-data.");

            var folder = await PretrainedModel.ResolveAsync(parsed.GetValue(model)!, cancellation).ConfigureAwait(false);
            var evaluation = new ModelFolderEvaluation(new MLContext(seed: 0), folder);
            var measured = new JsonArray();
            foreach (var set in labeled)
            {
                Report(set.Name, () => ObjectiveFolder.NeedsTorch(folder)
                    ? Describe(ObjectiveFolder.ZeroShot(folder, set), set)
                    : Describe(evaluation.ZeroShot(set)));
                if (NamedFiles.For(parsed.GetValue(probe) ?? [], set.Name, probe.Name) is { } trainOn)
                    Report(
                        set.Name,
                        () => Describe(evaluation.LinearProbe(sets.ReadImages(parsed, layout, trainOn), set.Images)));
            }

            foreach (var (name, rows) in captioned) Report(name, () => Describe(evaluation.Retrieval(rows), rows));
            if (parsed.GetValue(json))
                Console.WriteLine(new JsonObject { ["model"] = parsed.GetValue(model), ["results"] = measured }.ToJsonString(Indented));

            void Report(string dataset, Func<Measurement> measure)
            {
                var clock = Stopwatch.StartNew();
                var (task, values, line) = measure();
                var seconds = clock.Elapsed.TotalSeconds;
                var entry = new JsonObject { ["dataset"] = dataset, ["task"] = task };
                foreach (var (name, value) in values) entry[name] = value;
                entry["seconds"] = Math.Round(seconds, 3);
                measured.Add(entry);
                if (!parsed.GetValue(json)) Console.WriteLine(Invariant($"{dataset}: {line}, {seconds:F1} s)"));
            }
        });
        return command;
    }

    private static Measurement Describe(ZeroShotAccuracy a) => new(
        "zeroshot_classification",
        [
            ("acc1", a.Top1), ("acc5", a.Top5), ("mean_per_class_recall", a.MeanPerClassRecall), ("chance", a.Chance),
            ("images", a.Images), ("labels", a.Labels),
        ],
        Invariant($"top-1 {a.Top1:P1}  top-5 {a.Top5:P1}  mean per-class recall {a.MeanPerClassRecall:P1}  ")
        + Invariant($"({a.Images} images, {a.Labels} labels, chance {a.Chance:P2}"));

    private static Measurement Describe(ZeroShotResult r, LabeledSet set) => new(
        "zeroshot_classification",
        [("acc1", r.Top1), ("acc5", r.Top5), ("images", set.Images.Count), ("labels", set.Labels.Count)],
        Invariant($"top-1 {r.Top1:P1}  top-5 {r.Top5:P1}  ({set.Images.Count} images, {set.Labels.Count} labels by likelihood"));

    private static Measurement Describe(LinearProbeAccuracy a) => new(
        "linear_probe",
        [("acc1", a.Top1), ("l2", a.L2Weight), ("images", a.Images), ("train_images", a.TrainImages)],
        Invariant($"linear probe top-1 {a.Top1:P1}  ({a.Images} images, trained on {a.TrainImages}, L2 weight {a.L2Weight}"));

    private static Measurement Describe(RetrievalMetrics r, IReadOnlyList<CaptionedImage> rows) => new(
        "zeroshot_retrieval",
        [.. r.Values, ("images", rows.Count), ("captions", rows.Sum(row => row.Captions.Count))],
        $"image→text {RetrievalMetrics.Describe(r.ImageToText)}  text→image {RetrievalMetrics.Describe(r.TextToImage)}  "
        + $"({rows.Count} images, {rows.Sum(row => row.Captions.Count)} captions");

    private static string Invariant(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was measured: names and values for programs (those of CLIP_benchmark and open_clip), and a line for people.</summary>
    private sealed record Measurement(string Task, IReadOnlyList<(string Name, double Value)> Values, string Line);
}
