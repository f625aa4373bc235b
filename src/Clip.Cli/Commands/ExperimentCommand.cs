using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Clip.Cli.Options;
using Clip.Cli.Running;
using Clip.Cli.Training;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer;
using Clip.Trainer.Experiments;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
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
            Description = "The objectives to train.",
            DefaultValueFactory = _ => ["virtex", "bow", "clip"],
            AllowMultipleArgumentsPerToken = true,
        };
        var seen = new Option<long>("--images-seen")
        {
            Description = "Images that each objective sees, rounded up to whole epochs; or give --epochs, --max-steps or --max-minutes.",
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
        var (table, loading) = (new TableOptions(trains: true), new LoadingOptions());
        var (optimization, augmentation) = (new OptimizationOptions(), new AugmentationOptions());
        objectives.AcceptOnlyFromAmong([.. ObjectiveKinds.Names]);
        var command = new Command(
            "efficiency", "Trains objectives on one image encoder and draws zero-shot accuracy against images processed.")
        {
            data, output, model, objectives, seen, points, labels, vocabSize, seed,
        };
        foreach (var option in (IEnumerable<Option>)[.. table.All, .. loading.All, .. optimization.All, .. augmentation.All])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (IsGiven(result, seen) && IsGiven(result, optimization.Epochs))
                result.AddError("--images-seen and --epochs both say how long to train; give one of them.");
        });
        command.SetAction(async (parsed, _) =>
        {
            using var stop = new StopSignals();
            var cancellation = stop.Token;
            var folder = parsed.GetValue(data)!;
            var layout = table.Parse(parsed);
            using var records = RecordSources.Open(Path.Combine(folder, "train.tsv"), new RecordSourceOptions { Table = layout });
            var test = TestSet(folder, layout, parsed.GetValue(labels), parsed.GetValue(seed));
            var report = Path.GetFullPath(parsed.GetValue(output)!);
            using var held = RunLock.Take(report);
            var (csv, html) = (Path.Combine(report, "efficiency.csv"), Path.Combine(report, "efficiency.html"));
            var curves = File.Exists(csv) ? EfficiencyReport.Read(csv).ToDictionary(c => c.Objective) : [];

            var tokens = Path.Combine(report, "tokenizer");
            var vocabulary = BpeTrainer.Train(RecordSources.Captions(records), parsed.GetValue(vocabSize), cancellationToken: cancellation);
            vocabulary.Save(tokens);
            var tokenizer = ClipTokenizer.Create(tokens);
            var config = ClipConfigJson.Load(parsed.GetValue(model)!).WithVocabulary(vocabulary);
            var reading = loading.Parse(parsed);
            var options = optimization.Parse(parsed) with
            {
                Augmentation = augmentation.Parse(parsed, ObjectiveKind.Clip),
                Seed = parsed.GetValue(seed),
            };

            var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize) with
            {
                Background = options.Augmentation.Background?.Bytes,
            };
            using var pixels = new AugmentedPixels(preprocessing, options.Augmentation, AugmentedPixels.DefaultCacheBytes);
            var pairs = Loader(ObjectiveKind.Clip);
            if (parsed.GetResult(optimization.Epochs) is not { Implicit: false })
            {
                var each = Math.Min(pairs.Count, pairs.StepsPerEpoch * options.PairsPerStep);
                options = options with { Epochs = Epochs(parsed.GetValue(seen), each) };
            }

            var probe = new ZeroShotProbe(
                tokenizer, config.Text.ContextLength, ClipImagePreprocessor.Create(preprocessing),
                config.Vision.ImageSize, options.BatchSize)
            {
                OnBroken = Skipped,
            };
            var experiment = new EfficiencyExperiment(config, options, Loader, probe, test);
            (string, string)[] facts =
            [
                ("training data", pairs.Fingerprint), ("model", PageWords.WithoutFolders(parsed.GetValue(model)!)),
                ("measured on", $"{test.Images.Count} pictures, {test.Labels.Count} labels"),
                ("options", Flags.In(Course.Describe(options.Course("as above")))),
            ];
            foreach (var kind in parsed.GetValue(objectives)!.Select(name => Enum.Parse<ObjectiveKind>(name, ignoreCase: true)))
            {
                curves[kind] = await experiment.RunAsync(kind, parsed.GetValue(points), Say, cancellation)
                    .ConfigureAwait(false);
                EfficiencyCurve[] all = [.. curves.Values.OrderBy(c => c.Best)];
                Write(csv, EfficiencyReport.Csv(all));
                Write(html, EfficiencyReport.Html(all, facts));
            }

            foreach (var ratio in EfficiencyReport.Ratios([.. curves.Values])) Console.WriteLine(ratio);
            Console.WriteLine($"{csv}\n{html}");
            return 0;

            PairLoader Loader(ObjectiveKind kind) => new(
                records, tokenizer, config.Text.ContextLength, pixels, new PairLoaderOptions(options.PairsPerStep, options.Seed, reading)
                {
                    SampleSentences = kind == ObjectiveKind.ConVirt,
                    OnBroken = Skipped,
                });
        });
        return command;

        static void Say(string line) => Console.WriteLine(Flags.In(line));

        static void Skipped(string image, string reason) => Say($"Skipped {image}: {reason}");

        static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

        static int Epochs(long images, long each)
        {
            const long most = 1_000_000;
            var epochs = (images + each - 1) / each;
            return epochs <= most ? (int)epochs : throw new ClipException(
                $"--images-seen {images} are {epochs} epochs of the {each} images there are, and {most} are the most; give fewer.");
        }

        static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The validation pictures with their captions as labels, and a seeded draw of other names to tell them from.</summary>
    private static LabeledSet TestSet(string folder, CaptionTableOptions layout, int count, long seed)
    {
        var images = LabeledSet.ReadImages(Path.Combine(folder, "val.tsv"), layout with { CaptionKeys = [layout.CaptionKeys[0]] });
        var own = images.Select(image => image.Class).Distinct().ToArray();
        var others = LineFile.Read(Path.Combine(folder, "classnames.txt"), "--data").Except(own).ToArray();
        new SampleRandom(seed, 0).Shuffle(others.AsSpan());
        string[] labels = [.. own, .. others.Take(Math.Max(0, count - own.Length))];
        return new LabeledSet("val", images, [.. labels.Order(StringComparer.Ordinal)], ["{}"]).Validate();
    }
}
