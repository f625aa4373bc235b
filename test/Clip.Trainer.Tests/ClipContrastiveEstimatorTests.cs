using System.Reflection;
using Clip.Conversion.Checkpoints;
using Clip.Data;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Trainer.Tests;

/// <summary>Alone, for a run seeds torch's one generator, from which other tests draw starting weights.</summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
[CollectionDefinition(nameof(ClipContrastiveEstimatorTests), DisableParallelization = true)]
public sealed class ClipContrastiveEstimatorTests : IDisposable
{
    private readonly TinyRun _run = new();
    private readonly MLContext _ml = new(seed: 0);

    public void Dispose() => _run.Dispose();

    [Fact]
    public void FittedTransformersAddTheTrainedModelsFeaturesAndAreSavedWithoutTheTrainer()
    {
        var pairs = Pairs();
        var estimator = _ml.Transforms.ClipTrain(Options("model"));

        using var trained = estimator.Fit(pairs);

        var images = trained.Transform(pairs).GetColumn<float[]>("ImageFeatures").ToArray();
        var texts = trained.Transform(pairs).GetColumn<float[]>("TextFeatures").ToArray();
        Assert.Equal((12, 12, 16, 16), (images.Length, texts.Length, images[0].Length, texts[0].Length));
        using var direct = _ml.Transforms.ClipFeaturizeImage("F", _run.Folder["model"], nameof(Pair.Path)).Fit(pairs);
        Assert.Equal(direct.Transform(pairs).GetColumn<float[]>("F"), images);
        Assert.True(File.Exists(_run.Folder["model.run/metrics.jsonl"]));

        _ml.Model.Save(trained, pairs.Schema, _run.Folder["pipeline.zip"]);
        var loaded = new MLContext().Model.Load(_run.Folder["pipeline.zip"], out _);
        using var unload = loaded as IDisposable;
        Assert.Equal(images, loaded.Transform(pairs).GetColumn<float[]>("ImageFeatures"));
    }

    [Fact]
    public void A_tokenizer_of_another_kind_is_trained_with_and_used()
    {
        var pairs = Pairs();
        var tokenizer = Path.Combine(TinyBert.Write(_run.Folder["bert"]), "tokenizer.json");

        using var trained = _ml.Transforms.ClipTrain(Options("model") with { Tokenizer = tokenizer }).Fit(pairs);
        using var tuned = _ml.Transforms.ClipTrain(Options("tuned") with
        {
            Model = null,
            Tokenizer = null,
            Training = _run.Options with { FineTuning = new FineTuningOptions { Pretrained = _run.Folder["model"], LockText = true } },
        }).Fit(pairs);

        using var model = Microsoft.ML.Clip.ClipModel.Open(_run.Folder["model"]);
        Assert.Equal([2, 4, 5, 9, 10, 3], model.Tokenizer.Encode("a red wall number", model.ContextLength));
        var texts = trained.Transform(pairs).GetColumn<float[]>("TextFeatures").ToArray();
        Assert.Equal(texts, tuned.Transform(pairs).GetColumn<float[]>("TextFeatures"));
    }

    [Fact]
    public void A_family_of_the_zoo_is_fine_tuned()
    {
        var pairs = Pairs();
        TinyZoo.Write("bert", _run.Folder["theirs"], 100);
        TinyBert.Write(_run.Folder["theirs"]);
        var tuning = new FineTuningOptions { Pretrained = _run.Folder["theirs"], LockImage = true };
        var options = Options("tuned") with { Model = null, Tokenizer = null, Training = _run.Options with { FineTuning = tuning } };

        using var tuned = _ml.Transforms.ClipTrain(options).Fit(pairs);

        Assert.Equal(24, tuned.Transform(pairs).GetColumn<float[]>("TextFeatures").First().Length);
        var (before, after) = (CheckpointFile.LoadAsNamed(_run.Folder["theirs"]), CheckpointFile.LoadAsNamed(_run.Folder["tuned"]));
        Assert.All(before, w => Assert.Equal(
            w.Key.StartsWith("visual.", StringComparison.Ordinal), w.Value.Data.Span.SequenceEqual(after[w.Key].Data.Span)));
    }

    [Fact]
    public void ImagesInMemoryStayTheUsers()
    {
        var pairs = _ml.Data.CreateEnumerable<Pair>(Pairs(), reuseRowObject: false)
            .Select(p => new Picture { Image = MLImage.CreateFromFile(p.Path), Caption = p.Caption }).ToArray();
        var data = _ml.Data.LoadFromEnumerable(pairs);

        using var trained = _ml.Transforms.ClipTrain(Options("model") with { ImageColumnName = nameof(Picture.Image) }).Fit(data);

        Assert.All(pairs, p => Assert.True(p.Image.Pixels.Length > 0));
        Assert.Equal(12, trained.Transform(data).GetColumn<float[]>("ImageFeatures").Count());
    }

    [Fact]
    public void A_locked_image_tower_stays_and_brings_its_config_and_tokenizer()
    {
        var pairs = Pairs();
        using var from = _ml.Transforms.ClipTrain(Options("from")).Fit(pairs);
        var tuning = new FineTuningOptions { Pretrained = _run.Folder["from"], LockImage = true };
        var options = Options("tuned") with { Model = null, Tokenizer = null, Training = _run.Options with { FineTuning = tuning } };

        using var tuned = _ml.Transforms.ClipTrain(options).Fit(pairs);

        Assert.Equal(Features(from, "ImageFeatures"), Features(tuned, "ImageFeatures"));
        Assert.NotEqual(Features(from, "TextFeatures"), Features(tuned, "TextFeatures"));

        float[][] Features(ITransformer model, string column) => [.. model.Transform(pairs).GetColumn<float[]>(column)];
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipTrain(Options("model") with { Keep = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipTrain(Options("model") with { MaxBadPercent = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipTrain(Options("model") with { VocabSize = 100 }));
    }

    private sealed class Picture
    {
        [Microsoft.ML.Transforms.Image.ImageType(32, 32)]
        public MLImage Image { get; set; } = null!;

        public string Caption { get; set; } = "";
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
    public void AStoppedFitIsGoneOnWith()
    {
        using var stop = new CancellationTokenSource();
        var log = new List<string>();

        var stopping = Options("model") with { CancellationToken = stop.Token, Log = _ => stop.Cancel() };
        Assert.Throws<OperationCanceledException>(() => _ml.Transforms.ClipTrain(stopping).Fit(Pairs()));
        using var trained = _ml.Transforms.ClipTrain(Options("model") with { Resume = true, Log = log.Add }).Fit(Pairs());

        Assert.EndsWith("at step 0 of 12.", log[0], StringComparison.Ordinal);
        Assert.True(File.Exists(_run.Folder["model/config.json"]));
    }

    [Fact]
    public void ValidationRowsAreMeasuredWithoutChangingTheModel()
    {
        using (_ml.Transforms.ClipTrain(Options("plain")).Fit(Pairs()))
        using (_ml.Transforms.ClipTrain(Options("model") with { ValidationFrequency = 2 })
            .Fit(Pairs(), validation: _ml.Data.TakeRows(Pairs(), 4)))
        {
            var validations = File.ReadAllLines(_run.Folder["model.run/metrics.jsonl"])
                .Where(line => line.Contains("clip_val_loss", StringComparison.Ordinal))
                .ToArray();

            Assert.Equal((_run.Options.Epochs + 1) / 2, validations.Length);
            Assert.All(validations, line => Assert.Contains("image_to_text_R@1", line, StringComparison.Ordinal));
            Assert.True(File.Exists(_run.Folder["model.run/checkpoints/best.json"]));
            Assert.Equal(
                File.ReadAllBytes(_run.Folder["plain/model.safetensors"]),
                File.ReadAllBytes(_run.Folder["model/model.safetensors"]));
        }
    }

    /// <summary>
    /// Batch norms tell training from use: what is validated in the wrong mode, or trained in the wrong one after it, is another model.
    /// </summary>
    [Fact]
    public void MeasuringAResNetDoesNotChangeItEither()
    {
        var config = _run.Folder.Write("resnet.json", TinyRun.Config.Replace(
            """{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}""",
            """{"image_size": 32, "layers": [1, 1, 1, 1], "width": 2, "head_width": 8}""", StringComparison.Ordinal));
        var options = Options("plain") with { Model = config, Training = _run.Options with { Epochs = 2 } };
        using (_ml.Transforms.ClipTrain(options).Fit(Pairs()))
        using (_ml.Transforms.ClipTrain(options with { ModelFolder = _run.Folder["model"] })
            .Fit(Pairs(), validation: _ml.Data.TakeRows(Pairs(), 5)))
        {
            Assert.Equal(
                File.ReadAllBytes(_run.Folder["plain/model.safetensors"]), File.ReadAllBytes(_run.Folder["model/model.safetensors"]));
        }
    }

    /// <summary>The running average is what is exported, and not the weights of the last step.</summary>
    [Fact]
    public void TheAveragedWeightsAreTheModel()
    {
        // An average that keeps nothing is the last weights; one that keeps nearly all lags behind them.
        TrainingOptions[] trainings =
            [_run.Options, _run.Options with { ModelEmaDecay = 0 }, _run.Options with { ModelEmaDecay = 0.99 }];
        var models = trainings.Select((training, i) =>
        {
            using var fitted = _ml.Transforms.ClipTrain(Options($"m{i}") with { Training = training })
                .Fit(Pairs(), validation: _ml.Data.TakeRows(Pairs(), 5));
            return SafetensorsReader.Load(_run.Folder[$"m{i}/model.safetensors"]);
        }).ToArray();

        // 0 · average + 1 · weights is rounded.
        Assert.All(models[0], w => Assert.Equal(w.Value.Data.ToArray(), models[1][w.Key].Data.ToArray(), (a, b) => Math.Abs(a - b) < 1e-6));
        Assert.Contains(models[0], w => w.Value.Data.Span.ToArray()
            .Zip(models[2][w.Key].Data.ToArray(), (a, b) => Math.Abs(a - b)).Max() > 1e-4);
        using var checkpoint = SafetensorsReader.Open(
            new CheckpointFolder(_run.Folder["m2.run/checkpoints"], keep: 2).Latest()!);
        var name = checkpoint.Names.Single(n => n == "ema.visual.conv1.weight");
        Assert.Equal(checkpoint.Read(name).Data.ToArray(), models[2][HuggingFace(models[2])].Data.ToArray());

        // So it is whose comparisons the page shows, and that is validated.
        Assert.NotEqual(Cosines("m0"), Cosines("m2"));
        Assert.Equal(ValidationLoss("m0"), ValidationLoss("m1"), 1e-4);
        Assert.NotEqual(ValidationLoss("m0"), ValidationLoss("m2"), 1e-3);

        double ValidationLoss(string folder) =>
            MetricsLog.Read(_run.Folder[$"{folder}.run/{MetricsLog.FileName}"])["clip_val_loss"][^1].Value;

        string Cosines(string folder)
        {
            var page = File.ReadAllText(_run.Folder[$"{folder}.run/training.html"]);
            var start = page.IndexOf("<table class=\"matrix\">", StringComparison.Ordinal);
            return page[start..page.IndexOf("</table>", start, StringComparison.Ordinal)];
        }

        static string HuggingFace(Dictionary<string, WeightTensor> model) =>
            model.Keys.Single(key => key.EndsWith("patch_embedding.weight", StringComparison.Ordinal) || key == "visual.conv1.weight");
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

    private ClipContrastiveEstimator.Options Options(string folder) => new()
    {
        ImageColumnName = nameof(Pair.Path),
        CaptionColumnName = nameof(Pair.Caption),
        ModelFolder = _run.Folder[folder],
        Model = _run.ConfigFile,
        VocabSize = 520,
        Training = _run.Options,
    };

    private IDataView Pairs() => _ml.Data.LoadFromEnumerable(
        CaptionTable.Read(_run.Table).Select(row => new Pair { Path = row.Path, Caption = row.Captions[0] }).ToArray());

    /// <summary>What ML.NET makes of a schema before it asks an estimator in a chain.</summary>
    private static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;

    private sealed class Pair
    {
        public string Path { get; set; } = "";

        public string Caption { get; set; } = "";
    }
}
