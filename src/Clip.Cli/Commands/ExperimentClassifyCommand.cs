using System.CommandLine;
using Clip.Cli.Experimenting;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;
using Clip.Data;
using Microsoft.ML;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Runtime;

namespace Clip.Cli.Commands;

/// <summary>
/// <c>clip experiment classify</c>: the best classifier on CLIP's features for the time allowed, as a model, its measurements, and code.
/// Nothing of TorchSharp is loaded here.
/// </summary>
internal static class ExperimentClassifyCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "A folder with a folder of pictures for each label, or a table of pictures, texts or both.",
            Required = true,
        };
        var models = PretrainedModel.Options("--model");
        models.Description = $"{PretrainedModel.Description.TrimEnd('.')}; of several, the features of all together are tried too.";
        var output = new Option<string>("--output")
        {
            Description = "Folder for model.zip, leaderboard.csv, report.html and the generated projects, which are named after it.",
            Required = true,
        };
        var minutes = new Option<double>("--minutes")
        {
            Description = "How long candidates are tried, once the features are there.",
            DefaultValueFactory = _ => 5,
        };
        var label = new Option<string>("--label-column")
        {
            Description = "Header of the labels' column.",
            DefaultValueFactory = _ => "label",
        };
        var image = new Option<string?>("--image-column")
        {
            Description = $"Header of the column of pictures' paths, relative to the table; without it "
                + $"{ExperimentColumns.DefaultImage}, or none where the table has texts and no such column.",
        };
        var text = new Option<string?>("--text-column") { Description = "Header of the texts' column; without it texts are not used." };
        var group = new Option<string?>("--group-column")
        {
            Description = "Header of a column that tells what belongs together, such as the scene of a photo: "
                + "never on both sides of a split.",
        };
        var templates = new Option<string?>("--templates")
        {
            Description = "Text file with one prompt per line, {} or {c} for the label, tried beside those that are tried always.",
        };
        var metric = new Option<ClipExperimentMetric>("--metric")
        {
            Description = "What is to be best: MacroRecall counts each label the same, Accuracy each row.",
            DefaultValueFactory = _ => ClipExperimentMetric.MacroRecall,
        };
        var folds = new Option<int>("--folds")
        {
            Description = "The most folds of the cross-validation; fewer where a label has fewer rows.",
            DefaultValueFactory = _ => new ClipExperimentOptions { ModelFolders = [] }.Folds,
        };
        var views = new Option<bool>("--no-views")
        {
            Description = "Does not try averages over a picture's mirror image and crops, which take ten times as long to compute.",
        };
        var seed = new Option<long>("--seed") { Description = "Decides the folds, and where trainers start." };
        var web = new Option<bool>("--web") { Description = "Generates a web project with a minimal API, too." };
        var unlabeled = new Option<string[]>("--unlabelled")
        {
            Description = "Pictures without labels: folders, files or patterns. The report tells how many of them a score refuses.",
            AllowMultipleArgumentsPerToken = true,
        };
        var none = new Option<string?>("--none-class")
        {
            Description = "Name of one more label, for pictures that are none of the others: it is learned from those of --unlabelled that "
                + "are farther from every labeled picture than these are from each other. Without it there is no such label.",
        };
        var suggest = new Option<int?>("--suggest")
        {
            Description = "Lists as many of the unlabelled pictures, whose labels would help most.",
        };
        var layout = new TableOptions();
        var command = new Command(
            "classify", "Finds the best classifier on CLIP's features for the time allowed, and writes it as a model and as code.")
        {
            data, models, output, minutes, label, image, text, group, templates, metric, folds, views, seed, web,
            unlabeled, none, suggest,
        };
        foreach (var option in layout.Layout) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var stop = new StopSignals();
            var folder = Path.GetFullPath(parsed.GetValue(output)!);
            var (more, suggestions) = (parsed.GetValue(unlabeled) ?? [], parsed.GetValue(suggest));
            if (suggestions is not null && more.Length == 0)
                throw new ClipException("--suggest chooses among pictures without labels; name some with --unlabelled.");
            var other = parsed.GetValue(none);
            if (other is not null && more.Length == 0)
                throw new ClipException("--none-class is learned from pictures without labels; name some with --unlabelled.");
            if (other is not null && string.IsNullOrWhiteSpace(other))
                throw new ClipException("--none-class must have a name, such as \"none of these\".");
            if (other is not null && parsed.GetValue(text) is not null)
                throw new ClipException("--none-class is learned from pictures alone; leave out it or --text-column.");
            var columns = new ExperimentColumns(
                parsed.GetValue(label)!, parsed.GetValue(image), parsed.GetValue(text), parsed.GetValue(group));
            var table = layout.ParseLayout(parsed);
            var prompts = parsed.GetValue(templates) is { } file ? LineFile.Read(file, templates.Name) : null;
            var source = Path.GetFullPath(parsed.GetValue(data)!);
            var rows = ExperimentRows.Read(source, columns, table);
            var folders = new List<string>();
            foreach (var model in parsed.GetValue(models)!)
                folders.Add(Path.GetFullPath(await PretrainedModel.ResolveAsync(model, cancellation).ConfigureAwait(false)));
            var options = new ClipExperimentOptions
            {
                ModelFolders = folders,
                TimeLimit = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                TextColumnName = rows.Text?.Name,
                GroupColumnName = rows.Group?.Name,
                CacheFolder = Path.Combine(folder, "features"),
                Templates = prompts,
                Folds = parsed.GetValue(folds),
                Metric = parsed.GetValue(metric),
                Seed = Fold(parsed.GetValue(seed)),
                TryViews = !parsed.GetValue(views),
                UnlabeledImages = [.. PicturePaths.Expand(more).Select(Path.GetFullPath)],
                NoneClass = other,
            };
            var display = new LeaderboardDisplay(options.Metric);
            var ml = new MLContext(seed: options.Seed);
            ml.Log += (_, log) => Warn(log);
            using var result = display.Show(() =>
                ClipExperiment.Classify(ml, rows.View(ml), rows.Label.Name, rows.Image?.Name, options, display, stop.Token));
            var facts = ExperimentOutput.Facts(folder, result, rows, source, options.Seed);
            var written = ExperimentOutput.Write(folder, result, facts, parsed.GetValue(web), suggestions);
            ExperimentSummary.Print(result, options.Metric, suggestions);
            foreach (var path in written) Console.WriteLine(path);
            return 0;
        });
        return command;
    }

    /// <summary>ML.NET's seeds are half as long: those that fit stay as they are.</summary>
    private static int Fold(long seed) => seed is >= int.MinValue and <= int.MaxValue ? (int)seed : unchecked((int)(seed ^ (seed >> 32)));

    private static void Warn(LoggingEventArgs log)
    {
        if (log is { Kind: ChannelMessageKind.Warning, Source: nameof(ClipExperiment) }) Console.Error.WriteLine($"clip: {log.RawMessage}");
    }
}
