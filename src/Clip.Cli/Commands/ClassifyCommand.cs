using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Spectre.Console;

namespace Clip.Cli.Commands;

/// <summary><c>clip classify</c>: names what pictures show, from labels the model may never have seen together with a picture.</summary>
internal static class ClassifyCommand
{
    private const int BarWidth = 30;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = PretrainedModel.Description, Required = true };
        var labels = new Option<string>("--labels") { Description = "Text file with one label per line.", Required = true };
        var templates = new Option<string?>("--templates")
        {
            Description = "Text file with one prompt per line, {} or {c} for the label; 'a photo of a {}.' without it.",
        };
        var top = new Option<int>("--top") { Description = "How many labels to print for each image.", DefaultValueFactory = _ => 5 };
        var images = new Argument<string[]>("images") { Description = "Image files.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("classify", "Classifies images zero-shot and prints the best labels.")
        {
            model, labels, templates, top, images,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var names = LineFile.Read(parsed.GetValue(labels)!, "--labels");
            var prompts = parsed.GetValue(templates) is { } file ? LineFile.Read(file, "--templates") : null;
            var folder = await PretrainedModel.ResolveAsync(parsed.GetValue(model)!, cancellation).ConfigureAwait(false);
            var paths = parsed.GetValue(images)!;
            if (ObjectiveFolder.NeedsTorch(folder))
            {
                // By the likelihood of the labels, which no ONNX file gives.
                foreach (var (path, chances) in paths.Zip(ObjectiveFolder.Classify(folder, names, prompts, paths)))
                    Print(new Scored { ImagePath = path, Score = chances }, names, parsed.GetValue(top));
                return;
            }

            var ml = new MLContext();
            var rows = ml.Data.LoadFromEnumerable(paths.Select(path => new Row { ImagePath = path }));
            using var classifier = ml.Transforms
                .ClipClassifyZeroShot("Score", nameof(Row.ImagePath), folder, names, prompts)
                .Fit(rows);
            foreach (var row in ml.Data.CreateEnumerable<Scored>(classifier.Transform(rows), reuseRowObject: true))
                Print(row, names, parsed.GetValue(top));
        });
        return command;
    }

    private static void Print(Scored row, string[] labels, int top)
    {
        Placing.RequireFinite(row.Score);
        AnsiConsole.Console.WriteLine(row.ImagePath);
        foreach (var (label, score) in row.Score.TopLabels(labels, top))
        {
            var bar = new string('█', (int)Math.Round(score * BarWidth)).PadRight(BarWidth, '░');
            AnsiConsole.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {bar} {100 * score,5:F1} %  {label}"));
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
