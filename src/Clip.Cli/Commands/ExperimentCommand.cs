using System.CommandLine;
using System.Text;
using Clip.Cli.Options;
using Clip.Cli.Training;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.Tokenizing;
using Clip.Trainer;
using Clip.Trainer.Data;
using Clip.Trainer.Data.Sources;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Experiments;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip experiment efficiency</c>: how fast objectives learn to classify, on one encoder (CLIP paper, figure 2).</summary>
internal static class ExperimentCommand
{
    public static Command Create() => new("experiment", "Experiments that compare trainings.") { Efficiency() };

    private static Command Efficiency()
    {
        var data = new Option<string>("--data") { Description = "Folder with train.tsv, val.tsv and classnames.txt.", Required = true };
        var output = new Option<string>("--output")
        {
            Description = "Folder for efficiency.csv and efficiency.html; objectives measured there before are kept.",
            Required = true,
        };
        var model = new Option<string>("--model")
        {
            Description = "Config of the encoder and of the text side.",
            DefaultValueFactory = _ => "RN-small-96",
        };
        var objectives = new Option<string[]>("--objectives")
        {
            Description = "Which to train.",
            DefaultValueFactory = _ => ["virtex", "bow", "clip"],
            AllowMultipleArgumentsPerToken = true,
        };
        var seen = new Option<long>("--images-seen")
        {
            Description = "Images each objective sees, rounded up to whole epochs.",
            DefaultValueFactory = _ => 100_000,
        };
        var points = new Option<int>("--points") { Description = "How often accuracy is measured.", DefaultValueFactory = _ => 10 };
        var labels = new Option<int>("--labels")
        {
            Description = "Candidate labels: those of the validation pictures, and others of classnames.txt up to this number.",
            DefaultValueFactory = _ => 200,
        };
        var vocabSize = new Option<int>("--vocab-size")
        {
            Description = "Entries of the vocabulary, learned from the captions.",
            DefaultValueFactory = _ => 4096,
        };
        var seed = new Option<long>("--seed") { Description = "Decides starting weights, order, crops, captions and labels." };
        var (table, optimization, augmentation) = (new TableOptions(), new OptimizationOptions(), new AugmentationOptions());
        objectives.AcceptOnlyFromAmong([.. ObjectiveKinds.Names]);
        CommandLine.RequirePositive(seen, points, labels, vocabSize);
        var command = new Command(
            "efficiency", "Trains objectives on one image encoder and draws zero-shot accuracy against images processed.")
        {
            data, output, model, objectives, seen, points, labels, vocabSize, seed,
        };
        // The images decide the epochs.
        var others = optimization.All.Where(o => o.Name != "--epochs");
        foreach (var option in (IEnumerable<Option>)[table.Separator, table.ImageKey, table.CaptionKeys, .. others, .. augmentation.All])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetValue(data)!;
            var layout = table.Parse(parsed);
            using var records = RecordSources.Open(Path.Combine(folder, "train.tsv"), new RecordSourceOptions { Table = layout });
            var test = TestSet(folder, layout, parsed.GetValue(labels), parsed.GetValue(seed));
            var report = Directory.CreateDirectory(parsed.GetValue(output)!).FullName;
            var (csv, html) = (Path.Combine(report, "efficiency.csv"), Path.Combine(report, "efficiency.html"));
            var curves = File.Exists(csv) ? EfficiencyReport.Read(csv).ToDictionary(c => c.Objective) : [];

            var tokens = Path.Combine(report, "tokenizer");
            BpeTrainer.Train(RecordSources.Captions(records), parsed.GetValue(vocabSize), cancellation: cancellation).Save(tokens);
            var tokenizer = ClipTokenizer.Create(tokens);
            var config = ClipConfigJson.Load(parsed.GetValue(model)!)
                .WithVocabulary(tokenizer.VocabularySize, tokenizer.StartOfTextId, tokenizer.EndOfTextId);
            var run = augmentation.Apply(
                parsed, optimization.Apply(parsed, new TrainingRunOptions { TrainData = "", Model = "", Output = "" }));
            var options = run.Training with { Seed = parsed.GetValue(seed) };

            var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize);
            using var pixels = new AugmentedPixels(preprocessing, options.Augmentation, run.CacheBytes);
            var train = new PairLoader(
                records, tokenizer, config.Text.ContextLength, pixels, new PairLoaderOptions(options.BatchSize, options.Seed));
            var epochs = parsed.GetValue(seen) / (double)(train.StepsPerEpoch * options.BatchSize);
            options = options with { Epochs = (int)Math.Ceiling(epochs) };
            var probe = new ZeroShotProbe(
                tokenizer, config.Text.ContextLength, ClipImagePreprocessor.Create(preprocessing),
                config.Vision.ImageSize, options.BatchSize);
            var experiment = new EfficiencyExperiment(config, options, train, probe, test);
            (string, string)[] facts =
            [
                ("training data", train.Fingerprint), ("model", parsed.GetValue(model)!),
                ("images seen", $"{options.Epochs * train.StepsPerEpoch * options.BatchSize:N0}"),
                ("measured on", $"{test.Images.Count} pictures, {test.Labels.Count} labels"), ("options", options.Fingerprint("as above")),
            ];
            foreach (var kind in parsed.GetValue(objectives)!.Select(name => Enum.Parse<ObjectiveKind>(name, ignoreCase: true)))
            {
                curves[kind] = await experiment.RunAsync(kind, parsed.GetValue(points), Console.WriteLine, cancellation)
                    .ConfigureAwait(false);
                EfficiencyCurve[] all = [.. curves.Values.OrderBy(c => c.Best)];
                Write(csv, EfficiencyReport.Csv(all));
                Write(html, EfficiencyReport.Html(all, facts));
            }

            foreach (var ratio in EfficiencyReport.Ratios([.. curves.Values])) Console.WriteLine(ratio);
            Console.WriteLine($"{csv}\n{html}");
            return 0;
        });
        return command;

        static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The validation pictures with their captions as labels, and a seeded draw of other names to tell them from.</summary>
    private static LabelledSet TestSet(string folder, CaptionTableOptions layout, int count, long seed)
    {
        var images = LabelledSet.ReadImages(Path.Combine(folder, "val.tsv"), layout with { CaptionKeys = [layout.CaptionKeys[0]] });
        var own = images.Select(image => image.Class).Distinct().ToArray();
        var others = LineFile.Read(Path.Combine(folder, "classnames.txt"), "--data").Except(own).ToArray();
        new SampleRandom(seed, 0).Shuffle(others.AsSpan());
        string[] labels = [.. own, .. others.Take(Math.Max(0, count - own.Length))];
        return new LabelledSet("val", images, [.. labels.Order(StringComparer.Ordinal)], ["{}"]).Validate();
    }
}
