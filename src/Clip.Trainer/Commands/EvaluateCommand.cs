using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clip.Trainer.Data;
using Clip.Trainer.Evaluation;
using Microsoft.ML;

namespace Clip.Trainer.Commands;

/// <summary><c>clip evaluate</c>: zero-shot accuracy of a model folder on pictures whose labels are known.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "A model folder.", Required = true };
        var data = new Option<string>("--data") { Description = "Table of image paths and their labels.", Required = true };
        var labels = new Option<string>("--labels") { Description = "Text file with every candidate label, one a line.", Required = true };
        var templates = new Option<string?>("--templates") { Description = "Text file with a prompt a line, {} or {c} for the label; 'a photo of a {}.' without it." };
        var table = new TableOptions();
        var labelKey = new Option<string>("--csv-label-key") { Description = "Header of the label's column.", DefaultValueFactory = _ => new CaptionTableOptions().CaptionKeys[0] };
        var command = new Command("evaluate", "Measures zero-shot accuracy.") { model, data, labels, templates, table.Separator, table.ImageKey, labelKey };
        command.SetAction(parsed =>
        {
            var clock = Stopwatch.StartNew();
            var layout = new CaptionTableOptions { Separator = TableOptions.OneCharacter(parsed.GetValue(table.Separator)!), ImageKey = parsed.GetValue(table.ImageKey)!, CaptionKeys = [parsed.GetValue(labelKey)!] };
            var images = CaptionTable.Read(parsed.GetValue(data)!, layout).Select(row => new LabelledImage { ImagePath = row.Path, Class = row.Captions[0] }).ToArray();
            var names = LineFile.Read(parsed.GetValue(labels)!, "--labels");
            if (names.Length < 2) throw new ClipException($"{parsed.GetValue(labels)} has one label, and with nothing to choose from there is no accuracy; give at least two.");
            var prompts = parsed.GetValue(templates) is { } file ? LineFile.Read(file, "--templates") : null;
            var ml = new MLContext();
            using var classifier = ml.Transforms.ClipClassifyZeroShot("Score", nameof(LabelledImage.ImagePath), parsed.GetValue(model)!, names, prompts)
                .Fit(ml.Data.LoadFromEnumerable(images));
            var accuracy = ZeroShotAccuracy.Measure(ml, images, names, classifier.Transform);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"top-1 {accuracy.Top1:P1}  top-5 {accuracy.Top5:P1}  mean per-class recall {accuracy.MeanPerClassRecall:P1}  ({accuracy.Images} images, {accuracy.Labels} labels, chance {accuracy.Chance:P2}, {clock.Elapsed.TotalSeconds:F1} s)"));
        });
        return command;
    }
}
