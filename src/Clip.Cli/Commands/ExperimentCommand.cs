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

/// <summary>
/// <c>clip experiment</c>, and <c>clip experiment efficiency</c>: how fast objectives and encoders learn to classify (CLIP paper,
/// figures 2 and 10).
/// </summary>
internal static class ExperimentCommand
{
    public static Command Create() => new("experiment", "Finds the best classifier for pictures or texts, and compares trainings.")
    {
        ExperimentClassifyCommand.Create(), Efficiency(),
    };

    private static Command Efficiency()
    {
        var data = new Option<string>("--data") { Description = "Folder with train.tsv, val.tsv and classnames.txt.", Required = true };
        var output = new Option<string>("--output")
        {
            Description = "Folder for efficiency.csv and efficiency.html; what was measured there before is kept.",
            Required = true,
        };
        var models = new Option<string[]>("--model")
        {
            Description = "Configs of the encoder and of the text side, any number of them.",
            DefaultValueFactory = _ => ["RN-small-96"],
            AllowMultipleArgumentsPerToken = true,
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
        var gflops = new Option<double?>("--gflops")
        {
            Description = "Computation of each run in place of --images-seen: billions of operations of the image tower, forward.",
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
            "efficiency", "Trains objectives and image encoders, and draws zero-shot accuracy against images and computation.")
        {
            data, output, models, objectives, seen, gflops, points, labels, vocabSize, seed,
        };
        foreach (var option in (IEnumerable<Option>)[.. table.All, .. loading.All, .. optimization.All, .. augmentation.All])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (IsGiven(result, seen) && IsGiven(result, optimization.Epochs))
                result.AddError("--images-seen and --epochs both say how long to train; give one of them.");
            if (IsGiven(result, gflops) && (IsGiven(result, seen) || IsGiven(result, optimization.Epochs)))
                result.AddError("--gflops says how long to train, as --images-seen and --epochs do; give one of them.");
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
            var curves = File.Exists(csv) ? EfficiencyReport.Read(csv).ToDictionary(c => (c.Model, c.Objective)) : [];

            var vocabulary = BpeTrainer.Train(RecordSources.Captions(records), parsed.GetValue(vocabSize), cancellationToken: cancellation);
            vocabulary.Save(Path.Combine(report, "tokenizer"));
            var reading = loading.Parse(parsed);
            var options = optimization.Parse(parsed) with
            {
                Augmentation = augmentation.Parse(parsed, ObjectiveKind.Clip),
                Seed = parsed.GetValue(seed),
            };

            var configs = parsed.GetValue(models)!.Distinct().Select(m => (
                Name: PageWords.WithoutFolders(m).Replace(',', ' '), Config: ClipConfigJson.Load(m).WithVocabulary(vocabulary))).ToArray();
            if (configs.GroupBy(c => c.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new ClipException($"Two configs of --model are named {twice.Key}, by which results are told apart; rename one.");
            if (parsed.GetValue(gflops) is not null && options.MaxSteps is not null)
                throw new ClipException("--gflops and --max-steps both say how long to train; give one of them.");
            foreach (var (name, config) in configs)
            {
                var (size, texts) = (config.Vision.ImageSize, ModelTokenizer.Of(vocabulary, config).Rows);
                var preprocessing = ClipImagePreprocessing.ForSize(size) with { Background = options.Augmentation.Background?.Bytes };
                using var pixels = new AugmentedPixels(preprocessing, options.Augmentation, AugmentedPixels.DefaultCacheBytes);
                var pairs = Loader(ObjectiveKind.Clip);
                var each = Math.Min(pairs.Count, pairs.StepsPerEpoch * options.PairsPerStep);
                var own = parsed.GetValue(gflops) is { } budget
                    ? options with { MaxSteps = Steps(budget, config, options.PairsPerStep) }
                    : parsed.GetResult(optimization.Epochs) is { Implicit: false }
                        ? options
                        : options with { Epochs = Epochs(parsed.GetValue(seen), each) };
                var probe = new ZeroShotProbe(
                    texts, ClipImagePreprocessor.Create(preprocessing), size, options.BatchSize)
                {
                    OnBroken = Skipped,
                };
                var experiment = new EfficiencyExperiment(name, config, own, Loader, probe, test);
                (string, string)[] facts =
                [
                    ("training data", pairs.Fingerprint), ("model", name),
                    ("measured on", $"{test.Images.Count} pictures, {test.Labels.Count} labels"),
                    ("options", Flags.In(Course.Describe(own.Course("as above")))),
                ];
                foreach (var kind in parsed.GetValue(objectives)!.Select(o => Enum.Parse<ObjectiveKind>(o, ignoreCase: true)))
                {
                    curves[(name, kind)] = await experiment.RunAsync(kind, parsed.GetValue(points), Say, cancellation)
                        .ConfigureAwait(false);
                    EfficiencyCurve[] all = [.. curves.Values.OrderBy(c => c.Best)];
                    Write(csv, EfficiencyReport.Csv(all));
                    Write(html, EfficiencyReport.Html(all, facts));
                }

                PairLoader Loader(ObjectiveKind kind) => new(
                    records, texts, pixels,
                    new PairLoaderOptions(options.PairsPerStep, options.Seed, reading)
                    {
                        SampleSentences = kind == ObjectiveKind.ConVirt,
                        OnBroken = Skipped,
                    });
            }

            foreach (var ratio in EfficiencyReport.Ratios([.. curves.Values])) Console.WriteLine(ratio);
            Console.WriteLine($"{csv}\n{html}");
            return 0;
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

        static long Steps(double gflops, ClipConfig config, int pairs) =>
            (long)Math.Max(1, Math.Round(gflops / (ModelCost.Of(config).Image / 1e9) / pairs));

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
