using System.Reflection;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Trainer.Tests;

/// <summary>What an estimator's settings do before anything is trained: they reach the run, shape its output, or are refused.</summary>
public sealed class ClipContrastiveEstimatorSettingsTests : IDisposable
{
    /// <summary>An unusual value of every setting, and what it changes in the run.</summary>
    private static readonly (string Name, Func<ClipContrastiveEstimator.Options, ClipContrastiveEstimator.Options> Set, string[] Changes)[]
        Settable =
        [
            ("ImageColumnName", o => o with { ImageColumnName = "Other" }, ["Train.Images=x.png", "Validation.Images=x.png"]),
            ("CaptionColumnName", o => o with { CaptionColumnName = "Title" }, ["Train.Captions=one/two", "Validation.Captions=one/two"]),
            ("GroupByImage", o => o with { GroupByImage = false },
                ["Train.Captions=a b", "Train.Images=i.png i.png", "Validation.Captions=a b", "Validation.Images=i.png i.png"]),
            ("ModelFolder", o => o with { ModelFolder = "n" }, ["Output.ModelFolder=n"]),
            ("Model", o => o with { Model = "c" }, ["Run.Model.Config=c"]),
            ("Tokenizer", o => o with { Tokenizer = "k" }, ["Run.Model.Tokenizer=k"]),
            ("VocabSize", o => o with { VocabSize = 999 }, ["Run.Model.VocabSize=999"]),
            ("WordVectors", o => o with { WordVectors = "english" }, ["Run.Model.WordVectors=english"]),
            ("ValidationFrequency", o => o with { ValidationFrequency = 5 }, ["Run.Validation.Frequency=5"]),
            ("BestMetric", o => o with { BestMetric = "recall" }, ["Run.Validation.BestMetric=recall"]),
            ("Keep", o => o with { Keep = 9 }, ["Output.Keep=9"]),
            ("Workers", o => o with { Workers = 7 }, ["Run.Data.Reading.Workers=7"]),
            ("MaxBadPercent", o => o with { MaxBadPercent = 3.5 }, ["Run.Data.Reading.MaxBadPercent=3.5"]),
            ("Training", o => o with { Training = o.Training with { Warmup = 19, Seed = 4 } },
                ["Run.Training.Seed=4", "Run.Training.Warmup=19"]),
            ("Resume", o => o with { Resume = true }, ["Output.Resume=latest"]),
        ];

    private readonly TinyRun _run = new();
    private readonly MLContext _ml = new(seed: 0);

    public void Dispose() => _run.Dispose();

    /// <summary>The columns that are added are the schema's, and a log and a token are told and stop: other tests see them.</summary>
    [Fact]
    public void EverySettingReachesTheRunAndChangesNothingElse()
    {
        var plain = new ClipContrastiveEstimator.Options { ImageColumnName = "Image", CaptionColumnName = "Caption", ModelFolder = "m" };
        var before = Composed(plain);

        Assert.All(Settable, setting => Assert.Equal(setting.Changes, Settings.Changes(before, Composed(setting.Set(plain)))));
        Assert.Equal(
            typeof(ClipContrastiveEstimator.Options).GetProperties().Select(property => property.Name).Order(),
            [.. Settable.Select(setting => setting.Name)
                .Concat(["ImageFeaturesColumnName", "TextFeaturesColumnName", "Log", "CancellationToken"]).Order()]);
    }

    /// <summary>Keeping no checkpoint would lose the run, and none of the others means anything.</summary>
    [Fact]
    public void NumbersThatMeanNothingAreRefusedByName()
    {
        var options = Options("model");
        (string Name, ClipContrastiveEstimator.Options Options)[] none =
        [
            ("Keep", options with { Keep = 0 }), ("ValidationFrequency", options with { ValidationFrequency = 0 }),
            ("Workers", options with { Workers = 0 }), ("VocabSize", options with { VocabSize = 513 }),
            ("MaxBadPercent", options with { MaxBadPercent = -1 }), ("MaxBadPercent", options with { MaxBadPercent = 100.5 }),
            ("MaxBadPercent", options with { MaxBadPercent = double.NaN }),
        ];
        Assert.All(none, one => Assert.Contains(
            one.Name, Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipTrain(one.Options)).Message,
            StringComparison.Ordinal));
    }

    [Fact]
    public void TheAddedColumnsAreNamedAsAsked()
    {
        var named = Options("model") with { ImageFeaturesColumnName = "I", TextFeaturesColumnName = "T" };

        var schema = _ml.Transforms.ClipTrain(named).GetOutputSchema(Shape(Pairs().Schema));

        Assert.Equal([nameof(Pair.Path), nameof(Pair.Caption), "I", "T"], schema.Select(c => c.Name));
    }

    [Fact]
    public void TheOutputSchemaIsKnownBeforeTraining()
    {
        var schema = _ml.Transforms.ClipTrain(Options("model")).GetOutputSchema(Shape(Pairs().Schema));

        Assert.Equal([nameof(Pair.Path), nameof(Pair.Caption), "ImageFeatures", "TextFeatures"], schema.Select(c => c.Name));
        Assert.Equal((SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single), (schema[2].Kind, schema[2].ItemType));
        Assert.False(Directory.Exists(_run.Folder["model"]));
    }

    [Fact]
    public void AColumnThatIsNotThereIsNamed()
    {
        var error = Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipTrain(nameof(Pair.Path), "Title", _run.Folder["model"]).Fit(Pairs()));

        Assert.Contains("'Title'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersThatNoTrainingCanGoByAreRefusedBeforeAnythingIsWritten()
    {
        (TrainingOptions, string)[] none =
        [
            (_run.Options with { LearningRate = double.NaN }, "LearningRate"), (_run.Options with { BatchSize = 1 }, "BatchSize"),
            (_run.Options with { Epochs = 0 }, "Epochs"), (_run.Options with { GradClipNorm = -1 }, "GradClipNorm"),
            (_run.Options with { Optimizer = new AdamWOptions(Beta1: 1) }, "Optimizer.Beta1"),
            (_run.Options with { MaxMinutes = double.PositiveInfinity }, "MaxMinutes"),
            (_run.Options with { FineTuning = new FineTuningOptions { LoraRank = -1 } }, "FineTuning.LoraRank"),
        ];
        Assert.All(none, wrong =>
        {
            var (training, setting) = wrong;
            var estimator = _ml.Transforms.ClipTrain(Options("model") with { Training = training });
            var error = Assert.Throws<ClipException>(() => estimator.Fit(Pairs()));
            Assert.StartsWith($"`{setting}` is ", error.Message, StringComparison.Ordinal);
        });
        Assert.False(Directory.Exists(_run.Folder["model.run"]));
    }

    /// <summary>The settings of a run on two rows of the same picture, and its records.</summary>
    private Dictionary<string, string> Composed(ClipContrastiveEstimator.Options options)
    {
        Columns[] pairs = [new() { Caption = "a", Title = "one" }, new() { Caption = "b", Title = "two" }];
        var rows = _ml.Data.LoadFromEnumerable(pairs);
        var (run, output) = _ml.Transforms.ClipTrain(options).Compose(rows, rows);
        var settings = Settings.Of(new { Run = run, Output = output });
        foreach (var (name, source) in new[] { ("Train", run.Data.Train), ("Validation", run.Validation.Data!) })
        {
            using var records = source.Open();
            settings[$"{name}.Images"] = string.Join(' ', Enumerable.Range(0, records.Count).Select(records.Key));
            settings[$"{name}.Captions"] = string.Join(
                ' ', Enumerable.Range(0, records.Count).Select(i => string.Join('/', records.ReadCaptions(i))));
        }

        return settings;
    }

    private sealed class Columns
    {
        public string Image { get; set; } = "i.png";

        public string Other { get; set; } = "x.png";

        public string Caption { get; set; } = "";

        public string Title { get; set; } = "";
    }

    private ClipContrastiveEstimator.Options Options(string folder) => Pair.Options(_run, folder);

    private IDataView Pairs() => Pair.Of(_ml, _run);

    /// <summary>What ML.NET makes of a schema before it asks an estimator in a chain.</summary>
    private static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;
}
