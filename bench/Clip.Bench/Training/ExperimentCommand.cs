using System.CommandLine;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Data;

namespace Clip.Bench;

/// <summary>
/// <c>experiment</c>: the best that an experiment finds, beside zero-shot and the recipe of docs/features-and-trainers.md, on pictures of
/// groups that none of them has seen.
/// </summary>
internal static class ExperimentCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A model folder." };
        var table = new Argument<string>("table") { Description = "A table with tabs; pictures' paths are relative to it." };
        var image = new Option<string>("--image-column") { Description = "Paths.", DefaultValueFactory = _ => "filepath" };
        var label = new Option<string>("--label-column") { Description = "Classes.", DefaultValueFactory = _ => "group" };
        var scene = new Option<string>("--group-column")
        {
            Description = "What is never on both sides.",
            DefaultValueFactory = _ => "title",
        };
        var rows = new Option<int>("--rows") { Description = "Pictures to learn from.", DefaultValueFactory = _ => 1000 };
        var minutes = new Option<double>("--minutes") { Description = "Of each experiment.", DefaultValueFactory = _ => 5 };
        var seeds = new Option<int>("--seeds") { Description = "How often all of it is done.", DefaultValueFactory = _ => 3 };
        var cache = new Option<string?>("--cache") { Description = "Where features are kept; default a temporary folder." };
        var command = new Command("experiment", "Compares an experiment's best with zero-shot and with the recipe of the docs.")
        {
            model, table, image, label, scene, rows, minutes, seeds, cache,
        };
        command.SetAction(parsed =>
        {
            var temporary = Directory.CreateTempSubdirectory("clip-bench-").FullName;
            try
            {
                var all = Read(
                    parsed.GetValue(table)!, parsed.GetValue(image)!, parsed.GetValue(label)!, parsed.GetValue(scene)!);
                for (var seed = 0; seed < parsed.GetValue(seeds); seed++)
                {
                    Compare(
                        all, parsed.GetValue(rows), seed, parsed.GetValue(model)!, TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                        parsed.GetValue(cache) ?? temporary);
                }
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        });
        return command;
    }

    private static void Compare(Row[] all, int count, int seed, string model, TimeSpan limit, string cache)
    {
        var scenes = all.GroupBy(row => row.Scene).OrderBy(scene => scene.Key, StringComparer.Ordinal).ToArray();
        new Random(seed).Shuffle(scenes);
        var (train, test) = (new List<Row>(), new List<Row>());
        foreach (var scene in scenes) (train.Count < count ? train : test).AddRange(scene);
        var known = train.Select(row => row.Label).ToHashSet();
        test.RemoveAll(row => !known.Contains(row.Label));

        var ml = new MLContext(seed);
        IDataView learned = ml.Data.LoadFromEnumerable(train), asked = ml.Data.LoadFromEnumerable(test);
        using var result = ClipExperiment.Classify(ml, learned, nameof(Row.Label), nameof(Row.ImagePath), new ClipExperimentOptions
        {
            ModelFolders = [model],
            TimeLimit = limit,
            GroupColumnName = nameof(Row.Scene),
            CacheFolder = cache,
            Seed = seed,
        });
        Print(seed, $"best: {result.Best.Candidate} ({result.Best.Settings}) on {result.Best.Features}", test,
            result.Model.Transform(asked).GetColumn<string>("PredictedLabel"));
        Console.WriteLine(FormattableString.Invariant(
            $"        expected by nested folds: accuracy {result.Accuracy:P1}, macro recall {result.MacroRecall:P1}; ")
            + FormattableString.Invariant($"{result.Trials.Count} trials"));
        foreach (var kind in result.Trials.GroupBy(trial => trial.Candidate).Select(trials => trials.First()))
        {
            Console.WriteLine(FormattableString.Invariant(
                $"        {kind.Candidate}: {kind.Accuracy:P1} / {kind.MacroRecall:P1} ({kind.Settings}, {kind.Features}, ")
                + FormattableString.Invariant($"{kind.Folds} folds)"));
        }

        var zeroShot = ml.Transforms.ClipClassifyZeroShot("Score", nameof(Row.ImagePath), model, [.. result.Classes])
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(learned);
        Print(seed, "zero-shot (a photo of a ...)", test, zeroShot.Transform(asked).GetColumn<string>("PredictedLabel"));

        var recipe = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.ClipFeaturizeImage("Features", model, nameof(Row.ImagePath)))
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(learned);
        Print(seed, "the docs' SDCA", test, recipe.Transform(asked).GetColumn<string>("PredictedLabel"));
    }

    private static void Print(int seed, string what, List<Row> test, IEnumerable<string> said)
    {
        var hits = test.Zip(said, (row, name) => (row.Label, IsRight: row.Label == name ? 1.0 : 0)).ToArray();
        var recall = hits.GroupBy(hit => hit.Label).Average(own => own.Average(hit => hit.IsRight));
        Console.WriteLine(FormattableString.Invariant(
            $"seed {seed}  accuracy {hits.Average(hit => hit.IsRight):P1}  macro recall {recall:P1}  {test.Count} pictures  {what}"));
    }

    private static Row[] Read(string table, string image, string label, string scene)
    {
        var lines = File.ReadLines(table).Select(line => line.Split('\t')).ToArray();
        var folder = Path.GetDirectoryName(Path.GetFullPath(table))!;
        var (path, name, group) = (Column(image), Column(label), Column(scene));
        return [.. lines.Skip(1).Select(cells => new Row(Path.Combine(folder, cells[path]), cells[name], cells[group]))];

        int Column(string wanted) => Array.IndexOf(lines[0], wanted) is >= 0 and var place
            ? place
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The table has no column '{wanted}'."));
    }

    private sealed record Row(string ImagePath, string Label, string Scene);
}
