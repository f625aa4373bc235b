using System.Numerics.Tensors;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.ZeroShot;

public sealed class ZeroShotTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void ClassifiesByNamesAlone()
    {
        var rows = PictureRow.From(folder, 12);
        var data = _ml.Data.LoadFromEnumerable(rows);
        var pipeline = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, labels: TinyFolder.Colors)
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Answer", "PredictedLabel"));
        var result = pipeline.Fit(data).Transform(data);
        Assert.Equal(rows.Select(r => r.Color), result.GetColumn<string>("Answer"));
        Assert.All(result.Vectors("Score"), scores => Assert.Equal(1, scores.Sum(), 5));
    }

    [Fact]
    public void ScoreIsTheSoftmaxOfScaledCosines()
    {
        var rows = PictureRow.From(folder, 3);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = ClipModel.Open(folder.Path, new() { LogitScale = 3 });
        var transformer = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, TinyFolder.Colors, ["{}"]).Fit(data);
        var scores = transformer.Transform(data).Vectors("Score");

        var texts = model.EmbedTexts(TinyFolder.Colors);
        var expected = model.EmbedImages([.. rows.Select(r => r.ImagePath)]).Select(image =>
        {
            var exps = texts.Select(t => Math.Exp(3 * image.Zip(t, (a, b) => (double)a * b).Sum())).ToArray();
            return exps.Select(e => (float)(e / exps.Sum())).ToArray();
        }).ToArray();
        scores.ShouldBe(expected);
    }

    [Fact]
    public void EvaluateWorksOnTheResult()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 12));
        var labels = _ml.Data.LoadFromEnumerable(TinyFolder.Colors.Select(c => new LabelRow { Color = c }));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", "Color", keyData: labels)
            .Append(_ml.Transforms.ClipClassifyZeroShot(
                "Scores", "ImagePath", folder.Path, TinyFolder.Colors, predictedLabelColumnName: "Guess"));
        var metrics = _ml.MulticlassClassification.Evaluate(
            pipeline.Fit(data).Transform(data), labelColumnName: "Label", scoreColumnName: "Scores", predictedLabelColumnName: "Guess");
        Assert.Equal(1, metrics.MicroAccuracy);
        Assert.InRange(metrics.LogLoss, 0, 0.1);
        Assert.Equal(3, metrics.ConfusionMatrix.NumberOfClasses);
    }

    [Fact]
    public void TheSchemaCarriesTheLabels()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var estimator = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors);
        var schema = estimator.Fit(data).GetOutputSchema(data.Schema);
        VBuffer<ReadOnlyMemory<char>> slots = default, keys = default;
        schema["Score"].GetSlotNames(ref slots);
        schema["PredictedLabel"].GetKeyValues(ref keys);
        Assert.Equal(TinyFolder.Colors, slots.DenseValues().Select(s => s.ToString()));
        Assert.Equal(TinyFolder.Colors, keys.DenseValues().Select(s => s.ToString()));

        // What the estimator promises is what the transformer gives.
        var promised = estimator.GetOutputSchema(data.Schema.Shape());
        Assert.All(schema.Shape(), column => Assert.Contains(promised, p => p.Name == column.Name && p.IsKey == column.IsKey
            && p.Kind == column.Kind && p.ItemType.Equals(column.ItemType)
            && column.Annotations.Select(a => a.Name).All(n => p.Annotations.Any(a => a.Name == n))));
    }

    [Fact]
    public void AnEngineGivesWhatTransformGives()
    {
        var rows = PictureRow.From(folder, 6);
        var data = _ml.Data.LoadFromEnumerable(rows);
        var transformer = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors).Fit(data);
        var expected = transformer.Transform(data).Vectors("Score");
        using var engine = _ml.Model.CreatePredictionEngine<PictureRow, ZeroShotRow>(transformer);
        var predictions = rows.Select(r => engine.Predict(r)).ToArray();
        predictions.Select(p => p.Score).ToArray().ShouldBe(expected);
        Assert.Equal([1, 2, 3, 1, 2, 3], predictions.Select(p => p.PredictedLabel));
        Assert.Equal("red", predictions[0].Score.TopLabels(transformer.Labels, 2)[0].Label);
    }

    [Fact]
    public void BelowTheThresholdNothingIsPredicted()
    {
        using var model = ClipModel.Open(folder.Path, new() { LogitScale = 1 });
        var options = new ClipZeroShotEstimator.Options { InputColumnName = "ImagePath", Model = model, Labels = TinyFolder.Colors };
        Assert.Equal([1, 2, 3], Keys(options));
        Assert.Equal([0, 0, 0], Keys(options with { Threshold = 0.99f }));
    }

    [Fact]
    public void AMissingImageHasNoScoreAndNoLabel()
    {
        var rows = PictureRow.From(folder, 3);
        rows[1].ImagePath = "absent.png";
        var data = _ml.Data.LoadFromEnumerable(rows);
        var result = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            Labels = TinyFolder.Colors,
            OnError = ClipErrorHandling.Missing,
        }).Fit(data).Transform(data);
        Assert.Equal([1u, 0u, 3u], result.GetColumn<uint>("PredictedLabel"));
        Assert.All(result.Vectors("Score")[1], s => Assert.True(float.IsNaN(s)));
        Assert.Empty(result.Vectors("Score")[1].TopLabels(TinyFolder.Colors));
    }

    [Fact]
    public void TheTextTowerIsOnlyNeededToFit()
    {
        using var own = new TinyFolder();
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        using var transformer = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", own.Path, TinyFolder.Colors).Fit(data);
        File.Delete(own["onnx/text_model.onnx"]);
        Assert.Equal([1u, 2u, 3u], transformer.Transform(data).GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void WrongLabelsAreRefusedAtOnce()
    {
        Refused("The list of labels is empty", []);
        Refused("Label 'red' comes twice", ["red", "blue", "red"]);
        Refused("Label 1 is empty", ["red", " "]);
        Refused("has no place for the label", ["red"], ["a photo"]);
        Refused("The list of templates is empty", ["red"], []);
    }

    [Fact]
    public void SimilaritiesAreCosines_AndSavedWithThePipeline()
    {
        using var model = ClipModel.Open(folder.Path);
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        var estimator = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            Model = model,
            Labels = TinyFolder.Colors,
            Templates = ["{}"],
            SimilarityColumnName = "Similarity",
        });
        var transformer = estimator.Fit(data);
        var similarities = transformer.Transform(data).Vectors("Similarity");

        var texts = model.EmbedTexts(TinyFolder.Colors);
        var images = model.EmbedImages(folder.Pictures(3));
        similarities.ShouldBe(Array.ConvertAll(images, i => Array.ConvertAll(texts, t => TensorPrimitives.Dot(i, t))));
        Assert.Contains(estimator.GetOutputSchema(data.Schema.Shape()), column => column.Name == "Similarity");

        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, data.Schema, stream);
        stream.Position = 0;
        _ml.Model.Load(stream, out _).Transform(data).Vectors("Similarity").ShouldBe(similarities);
    }

    [Fact]
    public void ColumnsToAddHaveNamesOfTheirOwn() => Assert.Contains("'Score'", Assert.Throws<ArgumentException>(
        () => _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            Labels = TinyFolder.Colors,
            SimilarityColumnName = "Score",
        })).Message);

    [Fact]
    public void TheColumnOfImagesMustBeGiven() => Assert.ThrowsAny<ArgumentException>(
        () => _ml.Transforms.ClipClassifyZeroShot("Score", null!, folder.Path, TinyFolder.Colors));

    private void Refused(string sentence, string[] labels, string[]? templates = null)
    {
        var e = Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, labels, templates));
        Assert.Contains(sentence, e.Message);
    }

    private IEnumerable<uint> Keys(ClipZeroShotEstimator.Options options)
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        return _ml.Transforms.ClipClassifyZeroShot(options).Fit(data).Transform(data).GetColumn<uint>("PredictedLabel");
    }
}
