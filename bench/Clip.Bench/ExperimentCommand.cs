using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Data;

namespace Clip.Bench;

/// <summary>
/// <c>experiment</c>: what the best candidate of an experiment is worth on pictures that it has never seen, beside zero-shot and the
/// recipe of <c>docs/features-and-trainers.md</c> (SDCA on features).
/// </summary>
internal static class ExperimentCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "The model folder." };
        var train = new Option<string>("--train") { Description = "A table with filepath, group and title: pictures to learn from.", Required = true };
        var test = new Option<string[]>("--test")
        {
            Description = "Tables of held-out pictures.", Required = true, AllowMultipleArgumentsPerToken = true,
        };
        var perClass = new Option<int>("--per-class") { Description = "Pictures of each class to draw.", DefaultValueFactory = _ => 16 };
        var seeds = new Option<int>("--seeds") { Description = "How many draws.", DefaultValueFactory = _ => 3 };
        var minutes = new Option<double>("--minutes") { Description = "The time limit of each experiment.", DefaultValueFactory = _ => 1 };
        var views = new Option<bool>("--views") { Description = "Tries averages over views, too." };
        var command = new Command("experiment", "Measures experiments on held-out pictures: classes are the table's groups.")
        {
            model, train, test, perClass, seeds, minutes, views,
        };
        command.SetAction(parsed =>
        {
            var contest = new Held(
                parsed.GetValue(model)!, Read(parsed.GetValue(train)!), parsed.GetValue(perClass),
                TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(views));
            Console.WriteLine("| seed | held out | what | accuracy | macro recall |\n|---|---|---|---:|---:|");
            for (var seed = 0; seed < parsed.GetValue(seeds); seed++) contest.Run(seed, parsed.GetValue(test)!);
        });
        return command;
    }

    /// <summary>The rows of a table, with paths that can be opened from here.</summary>
    private static Drawing[] Read(string table)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(table))!;
        string[][] lines = [.. File.ReadLines(table).Select(line => line.Split('\t'))];
        var (path, group, title) = (Place("filepath"), Place("group"), Place("title"));
        return
        [
            .. lines.Skip(1).Select(line => new Drawing { Path = Path.Combine(folder, line[path]), Label = line[group], Title = line[title] }),
        ];

        int Place(string name) => Array.IndexOf(lines[0], name) is >= 0 and var place
            ? place
            : throw new InvalidDataException($"{table} has no column '{name}'.");
    }

    /// <summary>The three on the same pictures.</summary>
    private sealed class Held(string model, Drawing[] pool, int perClass, TimeSpan limit, bool views)
    {
        public void Run(int seed, string[] tests)
        {
            var ml = new MLContext(seed);
            var shuffled = pool.ToArray();
            new Random(seed).Shuffle(shuffled);
            Drawing[] drawn = [.. shuffled.GroupBy(row => row.Label).SelectMany(own => own.Take(perClass))];
            var data = ml.Data.LoadFromEnumerable(drawn);
            var clock = Stopwatch.StartNew();
            using var result = ClipExperiment.Classify(ml, data, nameof(Drawing.Label), nameof(Drawing.Path), new ClipExperimentOptions
            {
                ModelFolders = [model],
                GroupColumnName = nameof(Drawing.Title), // one emoji, drawn by several vendors
                TimeLimit = limit,
                TryViews = views,
                Seed = seed,
            });
            Console.Error.WriteLine(
                $"seed {seed}: {result.Best.Candidate} ({result.Best.Settings}) on {result.Best.Features}, {clock.Elapsed.TotalSeconds:F0} s; "
                + $"expected accuracy {result.Accuracy:P1} ± {result.AccuracyError:P1}, macro recall {result.MacroRecall:P1}");
            using var zeroShot = ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
            {
                InputColumnName = nameof(Drawing.Path), ModelFolder = model, Labels = result.Classes,
            }).Fit(data);
            var recipe = ml.Transforms.Conversion.MapValueToKey("Key", nameof(Drawing.Label))
                .Append(ml.Transforms.ClipFeaturizeImage("Features", model, nameof(Drawing.Path)))
                .AppendCacheCheckpoint(ml)
                .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key"))
                .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(data);
            ITransformer named = new TransformerChain<ITransformer>(
                zeroShot, ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(zeroShot.Transform(data)));
            foreach (var table in tests)
            {
                var held = Read(table).Where(row => result.Classes.Contains(row.Label)).ToArray();
                var rows = ml.Data.LoadFromEnumerable(held);
                foreach (var (name, asked) in new[] { ("zero-shot", named), ("SDCA of the docs", recipe), ("the experiment's best", result.Model) })
                {
                    string[] said = [.. asked.Transform(rows).GetColumn<string>("PredictedLabel")];
                    var hits = held.Zip(said, (row, answer) => (row.Label, IsRight: row.Label == answer ? 1.0 : 0)).ToArray();
                    var recall = hits.GroupBy(hit => hit.Label).Average(own => own.Average(hit => hit.IsRight));
                    Console.WriteLine(
                        $"| {seed} | {Path.GetFileNameWithoutExtension(table)} ({held.Length}) | {name} "
                        + $"| {100 * hits.Average(hit => hit.IsRight):F1} % | {100 * recall:F1} % |");
                }
            }
        }
    }

    /// <summary>A picture of the table.</summary>
    private sealed class Drawing
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";

        public string Title { get; set; } = "";
    }
}
