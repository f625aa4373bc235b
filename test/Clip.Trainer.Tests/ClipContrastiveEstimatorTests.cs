using Clip.Conversion.Checkpoints;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Trainer.Tests;

/// <summary>
/// What a fit trains, leaves and gives. Alone, for a run seeds torch's one generator, from which other tests draw starting weights.
/// </summary>
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

    private ClipContrastiveEstimator.Options Options(string folder) => Pair.Options(_run, folder);

    private IDataView Pairs() => Pair.Of(_ml, _run);

    private sealed class Picture
    {
        [Microsoft.ML.Transforms.Image.ImageType(32, 32)]
        public MLImage Image { get; set; } = null!;

        public string Caption { get; set; } = "";
    }
}
