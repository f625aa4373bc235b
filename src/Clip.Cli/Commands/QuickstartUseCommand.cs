using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Quickstart;
using Clip.Data;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Cli.Commands;

/// <summary>
/// The quickstart's second process: what an application would do with the model folder. Nothing of TorchSharp is loaded here.
/// </summary>
internal static class QuickstartUseCommand
{
    public const string Name = "quickstart-use";

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The quickstart's folder." };
        var command = new Command(Name, "Uses what the quickstart trained; called by it.") { folder };
        command.Hidden = true;
        command.SetAction(parsed => Run(new QuickstartPaths(parsed.GetValue(folder)!)));
        return command;
    }

    private static int Run(QuickstartPaths paths)
    {
        var data = SceneDataset.Open(paths.Data);
        var images = CaptionTable.Read(data.Test, new CaptionTableOptions { CaptionKeys = ["class"] })
            .Select(row => new LabeledImage { ImagePath = row.Path, Class = row.Captions[0] }).ToArray();
        var ml = new MLContext(seed: 0);
        var view = ml.Data.LoadFromEnumerable(images);

        var labels = LineFile.Read(data.TestLabels, "labels");
        using var classifier = ml.Transforms
            .ClipClassifyZeroShot("Score", nameof(LabeledImage.ImagePath), paths.Model, labels, SceneCaptions.Templates)
            .Fit(view);
        Report("among the combinations never seen", labels, classifier.Transform(view));

        var all = LineFile.Read(data.AllLabels, "labels");
        using (var wider = ml.Transforms
            .ClipClassifyZeroShot("Score", nameof(LabeledImage.ImagePath), paths.Model, all, SceneCaptions.Templates)
            .Fit(view))
        {
            Report("among all combinations", all, wider.Transform(view));
        }

        ml.Model.Save(classifier, view.Schema, paths.Pipeline);
        var loaded = new MLContext().Model.Load(paths.Pipeline, out _);
        using var unload = loaded as IDisposable;
        var (before, after) = (Answers(ml, classifier.Transform(view)), Answers(ml, loaded.Transform(view)));
        if (!before.SequenceEqual(after))
            throw new ClipException($"{paths.Pipeline} answers differently than the pipeline it was saved from; please report this.");
        Console.WriteLine($"saved, loaded back: {after.Length} answers agree");

        if (AppDomain.CurrentDomain.GetAssemblies().Any(a => a.GetName().Name == "TorchSharp"))
            throw new ClipException("TorchSharp was loaded to use the model; please report this.");
        return 0;

        void Report(string among, string[] candidates, IDataView scored)
        {
            var set = new LabeledSet("test", images, candidates, SceneCaptions.Templates);
            var accuracy = Accuracy.Of(ClassificationOutcome.Of(set, [.. scored.GetColumn<float[]>("Score")]));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"zero-shot top-1 {accuracy.Top1:P1} {among} "
                + $"({images.Length} pictures, {candidates.Length} labels, chance {1.0 / candidates.Length:P1})"));
        }
    }

    private static uint[] Answers(MLContext ml, IDataView scored) =>
        [.. ml.Data.CreateEnumerable<Answer>(scored, reuseRowObject: true).Select(answer => answer.PredictedLabel)];

    private sealed class Answer
    {
        [KeyType(uint.MaxValue - 1)]
        public uint PredictedLabel { get; set; }
    }
}
