using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Reporting;
using Clip.Evaluation;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;
using Clip.Trainer.Validation;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Spectre.Console;

namespace Clip.Cli.Commands;

/// <summary><c>clip classify</c>: names what pictures show, from labels the model may never have seen together with a picture.</summary>
internal static class ClassifyCommand
{
    public static Command Create()
    {
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        var labels = new Option<string[]>("--labels")
        {
            Description = "The labels to choose among: words such as cat dog \"red car\", or a text file with one label per line.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
            Required = true,
        };
        var templates = new Option<string[]>("--templates")
        {
            Description = "Prompts with {} or {c} for the label, or a text file with one per line; 'a photo of a {}.' without it.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var top = new Option<int>("--top") { Description = "How many labels to print for each image.", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Prints one JSON document instead of lines." };
        var csv = new Option<bool>("--csv") { Description = "Prints a CSV table instead of lines: path, label, score." };
        var noPreview = new Option<bool>("--no-preview")
        {
            Description = "Does not show the pictures themselves, as a terminal with colors does where there are "
                + $"{PicturePreview.MostPictures} or fewer.",
        };
        var decode = new DecodeOption();
        var cache = new CacheGraphOption();
        var report = new ReportOption();
        // None where they stand behind the labels.
        var images = new Argument<string[]>("images") { Description = PicturePaths.Description, Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("classify", "Classifies images zero-shot and prints the best labels.")
        {
            images, labels, model, templates, top, json, csv, decode.Option, cache.Option, report.Option, noPreview,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv)) result.AddError("--json and --csv exclude each other; give one.");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var words = ClassifyWords.Read(parsed.GetValue(labels)!, parsed.GetValue(templates) ?? [], parsed.GetValue(images)!);
            if (words.Understood is { } understood) await Console.Error.WriteLineAsync(understood).ConfigureAwait(false);
            var name = parsed.GetValue(model)!;
            var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
            var isReported = report.IsWanted(parsed);
            var options = new ClipModelOptions { Decode = decode.Parse(parsed), Session = cache.Parse(parsed) };
            var ofClip = options.Decode != ImageDecoding.Exact ? $"--decode {parsed.GetValue(decode.Option)}"
                : options.Session.CacheOptimizedGraph ? cache.Option.Name : null;
            if (ofClip is not null && ObjectiveFolder.NeedsTorch(folder))
                throw new ClipException($"{ofClip} is for CLIP's models; '{name}' is none, leave it out.");
            var classified = Classify(folder, words, options);
            // What is printed as it comes is scored once for the report too.
            if (isReported) classified = [.. classified];
            var scored = classified.Select(c => new LabeledPicture(c.Path, c.Scores.TopLabels(words.Labels, parsed.GetValue(top))));
            if (parsed.GetValue(json))
            {
                using var opened = ClipModel.Open(folder, options);
                Console.WriteLine(LabelReport.Json(name, opened.Fingerprint, scored));
            }
            else if (parsed.GetValue(csv))
            {
                Console.Write(LabelReport.Csv(scored));
            }
            else
            {
                var console = AnsiConsole.Console;
                var isShown = !parsed.GetValue(noPreview) && words.Pictures.Length <= PicturePreview.MostPictures
                    && PicturePreview.IsShown(console);
                foreach (var picture in scored)
                {
                    console.WriteLine(picture.Path);
                    if (isShown) PicturePreview.Write(console, picture.Path);
                    foreach (var line in LabelReport.Lines(picture)) console.WriteLine(line);
                }
            }

            if (isReported)
            {
                using var opened = ClipModel.Open(folder, options);
                var pictures = words.Pictures.Length == 1 ? "a picture" : $"{words.Pictures.Length} pictures";
                report.Write(
                    parsed, $"What the model sees in {pictures}", [(name, opened.Fingerprint)], [Reported(words, [.. classified])], [], []);
            }
        });
        return command;
    }

    private static ReportedSet Reported(ClassifyWords words, IReadOnlyList<(string Path, float[] Scores)> classified)
    {
        var template = words.Templates is { Length: > 0 } given ? given[0] : PromptTemplates.Default[0];
        StoredImage[] images = [.. classified.Select(c => new StoredImage { ImagePath = c.Path })];
        return new ReportedSet(
            "pictures", DataFingerprint.Of(words.Labels, images), words.Labels,
            [.. words.Labels.Select(label => PromptTemplates.Apply(template, label))],
            ReportedOutcomes.Named(images), Right: null,
            [new(0, [.. classified.Select(c => PictureOutcome.Of(c.Scores, c.Scores, right: null))], [])]);
    }

    private static IEnumerable<(string Path, float[] Scores)> Classify(
        string folder, ClassifyWords words, ClipModelOptions options)
    {
        if (ObjectiveFolder.NeedsTorch(folder))
        {
            // By the likelihood of the labels, which no ONNX file gives.
            foreach (var (path, chances) in words.Pictures.Zip(
                ObjectiveFolder.Classify(folder, words.Labels, words.Templates, words.Pictures)))
                yield return Checked(path, chances);
            yield break;
        }

        // The image tower starts while the labels go through the text tower: what opens it again shares its session.
        using var model = ClipModel.Open(folder, options);
        var start = Task.Run(() => model.ImageTower);
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(words.Pictures.Select(path => new Row { ImagePath = path }));
        using var classifier = ml.Transforms
            .ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
            {
                InputColumnName = nameof(Row.ImagePath),
                ModelFolder = folder,
                ModelOptions = options,
                Labels = words.Labels,
                Templates = words.Templates,
            })
            .Fit(rows);
        start.GetAwaiter().GetResult();
        foreach (var row in ml.Data.CreateEnumerable<Scored>(classifier.Transform(rows), reuseRowObject: true))
            yield return Checked(row.ImagePath, row.Score);

        static (string, float[]) Checked(string path, float[] scores)
        {
            Placing.RequireFinite(scores);
            // The row's own array is filled anew for the next one.
            return (path, [.. scores]);
        }
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Scored
    {
        public string ImagePath { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
