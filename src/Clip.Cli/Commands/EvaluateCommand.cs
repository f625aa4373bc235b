using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Cli.Evaluating;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Reporting;
using Clip.Cli.Running;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;
using Clip.Evaluation.Tasks;

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
        var options = new EvaluationOptions();
        var report = new ReportOption();
        var command = new Command("evaluate", "Measures zero-shot accuracy, retrieval and linear probes.")
        {
            model, retrieval, probe, json, report.Option, DataSetList.Option(json),
        };
        foreach (var option in (IEnumerable<Option>)[.. sets.All, .. table.All, .. options.All])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var layout = table.Parse(parsed);
            var (labeled, known) = sets.ReadWithCaptions(parsed, layout);
            var captioned = (parsed.GetValue(retrieval) ?? [])
                .Select(value => NamedFiles.Named(value))
                .Select(file => RetrievalSet.Of(file.Name, FileIdentity.Group(SkippedRows.Read(file.Path, layout))))
                .Concat(known)
                .ToArray();
            if (labeled.Count + captioned.Length == 0)
                throw new ClipException(
                    "There is nothing to evaluate on; give labeled pictures with --data, or captioned ones with --retrieval-data.");

            var page = report.IsWanted(parsed) ? new EvaluationPage() : null;
            var folder = await PretrainedModel.ResolveAsync(parsed.GetValue(model)!, cancellation).ConfigureAwait(false);
            using var stop = new StopSignals();
            using var evaluated = new EvaluatedModel(folder, options.Cache(parsed), options.MaxBadPercent(parsed));
            var measured = new JsonArray();
            foreach (var set in labeled)
            {
                Report(set.Name, () =>
                {
                    var outcome = evaluated.ZeroShot(set, stop.Token);
                    var described = Describe(outcome, evaluated.IsByLikelihood);
                    page?.Add(0, outcome, Shares(described));
                    return described;
                });
                if (NamedFiles.For(parsed.GetValue(probe) ?? [], set.Name, probe.Name) is { } trainOn)
                    Report(set.Name, () =>
                    {
                        var fitted = evaluated.LinearProbe(sets.ReadImages(parsed, layout, set.Name, trainOn), set, stop.Token);
                        var described = Describe(fitted);
                        page?.AddProbe(0, fitted.Outcome, [.. Shares(described).Select(m => m with { Name = $"lp_{m.Name}" })]);
                        return described;
                    });
            }

            foreach (var set in captioned)
            {
                Report(set.Name, () =>
                {
                    var outcome = evaluated.Retrieval(set, stop.Token);
                    var described = Describe(outcome);
                    page?.Add(0, outcome, Shares(described));
                    return described;
                });
            }

            page?.Write(report, parsed, [(parsed.GetValue(model)!, evaluated.Fingerprint)], []);
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

    private static Measurement Describe(ClassificationOutcome outcome, bool byLikelihood)
    {
        var (a, images, labels) = (Accuracy.Of(outcome), outcome.Pictures.Count, outcome.Set.Labels.Count);
        var (chance, how) = (1.0 / labels, byLikelihood ? " by likelihood" : "");
        return new Measurement(
            "zeroshot_classification",
            [
                ("acc1", a.Top1), ("acc5", a.Top5), ("mean_per_class_recall", a.MeanPerClassRecall), ("chance", chance),
                ("images", images), ("labels", labels),
            ],
            Invariant($"top-1 {a.Top1:P1}  top-5 {a.Top5:P1}  mean per-class recall {a.MeanPerClassRecall:P1}  ")
            + Invariant($"({images} images, {labels} labels{how}, chance {chance:P2}"));
    }

    private static Measurement Describe(LinearProbe probe)
    {
        var (a, images) = (Accuracy.Of(probe.Outcome), probe.Outcome.Pictures.Count);
        return new Measurement(
            "linear_probe",
            [("acc1", a.Top1), ("l2", probe.L2Weight), ("images", images), ("train_images", probe.TrainImages)],
            Invariant($"linear probe top-1 {a.Top1:P1}  ({images} images, trained on {probe.TrainImages}, L2 weight {probe.L2Weight}"));
    }

    private static Measurement Describe(RetrievalOutcome o)
    {
        var r = RetrievalMetrics.Compute(o.ImageFeatures, o.CaptionFeatures, o.ImageOfCaption);
        return new Measurement(
            "zeroshot_retrieval",
            [.. r.Values, ("images", o.Images.Count), ("captions", o.Captions.Count)],
            $"image→text {RetrievalMetrics.Describe(r.ImageToText)}  text→image {RetrievalMetrics.Describe(r.TextToImage)}  "
            + $"({o.Images.Count} images, {o.Captions.Count} captions");
    }

    /// <summary>What is a share of something; counts and weights are not.</summary>
    private static ReportedMetric[] Shares(Measurement measurement) =>
    [
        .. measurement.Values.Where(v => v.Name is not ("chance" or "images" or "labels" or "captions" or "l2" or "train_images"))
            .Select(v => new ReportedMetric(v.Name, v.Value)),
    ];

    private static string Invariant(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was measured: names and values for programs (those of CLIP_benchmark and open_clip), and a line for people.</summary>
    private sealed record Measurement(string Task, IReadOnlyList<(string Name, double Value)> Values, string Line);
}
