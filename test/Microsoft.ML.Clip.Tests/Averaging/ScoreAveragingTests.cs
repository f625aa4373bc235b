using Clip.Testing;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Averaging;

/// <summary>The mean of several classifiers' scores.</summary>
public sealed class ScoreAveragingTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 0);
    private readonly TempFolder _folder = new();

    [Fact]
    public void ClassifiersThatAreSurerCountMoreAndWeightsToo()
    {
        // The first is sure of cat, the second leans to dog.
        var rows = Rows([0.9f, 0.1f, 0.3f, 0.7f]);

        var (score, label) = Answers(Fit([1, 1], rows).Transform(rows)).Single();
        var (weighed, other) = Answers(Fit([1, 3], rows).Transform(rows)).Single();

        Assert.Equal([0.6f, 0.4f], score, Close);
        Assert.Equal("cat", label);
        Assert.Equal([0.45f, 0.55f], weighed, Close);
        Assert.Equal("dog", other);
    }

    [Fact]
    public void ScoresThatDoNotAddUpTo1CountNoMore()
    {
        // As one-versus-all's: each label by itself. One that knows nothing says nothing.
        var rows = Rows([0.8f, 0.8f, 0.2f, 0.8f], [0, 0, 0.2f, 0.8f], [float.NaN, 0, 0.2f, 0.8f], [float.PositiveInfinity, 0, 0.2f, 0.8f]);

        var answers = Answers(Fit([1, 1], rows).Transform(rows)).ToArray();

        Assert.Equal([0.35f, 0.65f], answers[0].Score, Close);
        Assert.Equal([0.35f, 0.65f], answers[1].Score, Close);
        Assert.All(answers[2..], answer =>
        {
            Assert.All(answer.Score, score => Assert.Equal(float.NaN, score));
            Assert.Equal("", answer.Label);
        });
    }

    [Fact]
    public void ItIsSavedAndLoadedByPlainMLNet()
    {
        var rows = Rows([0.9f, 0.1f, 0.3f, 0.7f], [0.1f, 0.9f, 0.3f, 0.7f]);
        var fitted = Fit([2, 1], rows);
        _ml.Model.Save(fitted, rows.Schema, _folder["model.zip"]);

        var loaded = new MLContext().Model.Load(_folder["model.zip"], out _).Transform(rows);

        Assert.Equal(Answers(fitted.Transform(rows)).Select(answer => answer.Score), Answers(loaded).Select(answer => answer.Score));
        VBuffer<ReadOnlyMemory<char>> names = default;
        loaded.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["cat", "dog"], names.DenseValues().Select(name => name.ToString()));
        using var engine = _ml.Model.CreatePredictionEngine<Row, Answer>(fitted);
        Assert.Equal([0.7f, 0.3f], engine.Predict(new Row { Scores = [0.9f, 0.1f, 0.3f, 0.7f] }).Score, Close);
    }

    [Fact]
    public void TrainersAreAveragedInOnePipeline()
    {
        var random = new Random(1);
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new Example
        {
            Features = [random.NextSingle() + i % 2, random.NextSingle()],
            Label = i % 2 == 0 ? "cat" : "dog",
        }).ToArray());
        var trainers = _ml.MulticlassClassification.Trainers;
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(trainers.SdcaMaximumEntropy()).Append(_ml.Transforms.CopyColumns("First", "Score"))
            .Append(trainers.LbfgsMaximumEntropy()).Append(_ml.Transforms.Concatenate("Scores", "First", "Score"))
            .Append(_ml.Transforms.ClipAverageScores(new ClipScoreAveragingEstimator.Options { Weights = [1, 1] }));

        var scored = pipeline.Fit(data).Transform(data);

        Assert.True(_ml.MulticlassClassification.Evaluate(scored).MicroAccuracy > 0.9);
        Assert.Equal("Score", pipeline.GetOutputSchema(data.Schema.Shape()).Last(c => c.Name == "Score").Name);
    }

    [Fact]
    public void WhatDoesNotFitIsTold()
    {
        var rows = Rows([0.9f, 0.1f, 0.3f, 0.7f]);

        Assert.Contains("give a weight for each", Assert.Throws<ArgumentException>(() => Fit([1, 1, 1], rows)).Message);
        Assert.Contains("must be positive", Assert.Throws<ArgumentOutOfRangeException>(() => Fit([1, 0], rows)).Message);
        Assert.Contains("give one for each", Assert.Throws<ArgumentException>(() => Fit([], rows)).Message);
    }

    /// <summary>Rows are averaged in batches, whose memory is used again.</summary>
    [Fact]
    public void ARowsAverageDoesNotDependOnTheRowsBefore()
    {
        var rows = Rows([.. Enumerable.Range(0, 150).Select(i => i % 3 == 0 ? new[] { 0.9f, 0.1f, 0.3f, 0.7f } : [0.2f, 0.8f, 0, 1])]);

        var scores = Answers(Fit([1, 1], rows).Transform(rows)).Select(answer => answer.Score).ToArray();

        Assert.All(Enumerable.Range(0, 150), i => Assert.Equal(i % 3 == 0 ? [0.6f, 0.4f] : [0.1f, 0.9f], scores[i], Close));
    }

    [Fact]
    public void ColumnsAreCheckedBeforeAnyDataIsRead()
    {
        var schema = Rows([0.9f, 0.1f, 0.3f, 0.7f]).Schema.Shape();
        var options = new ClipScoreAveragingEstimator.Options { Weights = [1, 1], LabelColumnName = "Key" };

        Assert.Contains("no input column 'Absent'", Refused(options with { InputColumnName = "Absent" }));
        Assert.Contains("must be a vector of floats", Refused(options with { InputColumnName = "Label" }));
        Assert.Contains("no label column 'Absent'", Refused(options with { LabelColumnName = "Absent" }));
        Assert.Contains("no key with names", Refused(options with { LabelColumnName = "Label" }));
        var twice = options with { PredictedLabelColumnName = "Score" };
        Assert.Contains("named 'Score'", Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipAverageScores(twice)).Message);

        string Refused(ClipScoreAveragingEstimator.Options wrong) =>
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipAverageScores(wrong).GetOutputSchema(schema)).Message;
    }

    [Fact]
    public void AnUntrueWeightInASavedModelIsRefused()
    {
        var (rows, path) = (Rows([0.9f, 0.1f, 0.3f, 0.7f]), _folder["model.zip"]);
        _ml.Model.Save(Fit([2, 1], rows), rows.Schema, path);
        SavedZip.ChangeSettings(path, settings => settings["Weights"]![0] = -2);

        Assert.Contains("must be positive", $"{Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(path, out _))}");
    }

    public void Dispose() => _folder.Dispose();

    private ClipScoreAveragingTransformer Fit(float[] weights, IDataView rows) => _ml.Transforms.ClipAverageScores(
        new ClipScoreAveragingEstimator.Options { Weights = weights, LabelColumnName = "Key" }).Fit(rows);

    private IDataView Rows(params float[][] scores)
    {
        var rows = _ml.Data.LoadFromEnumerable(
            scores.Select((row, i) => new Row { Scores = row, Label = i % 2 == 0 ? "cat" : "dog" }).ToArray());
        var names = _ml.Data.LoadFromEnumerable([new Name { Label = "cat" }, new Name { Label = "dog" }]);
        return _ml.Transforms.Conversion.MapValueToKey("Key", "Label", keyData: names).Fit(rows).Transform(rows);
    }

    private IEnumerable<(float[] Score, string Label)> Answers(IDataView scored)
    {
        var named = _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(scored).Transform(scored);
        return named.GetColumn<float[]>("Score").Zip(named.GetColumn<string>("Name"));
    }

    private static bool Close(float a, float b) => Math.Abs(a - b) < 1e-5;

    private sealed class Row
    {
        [VectorType(4)]
        public float[] Scores { get; set; } = [];

        public string Label { get; set; } = "";
    }

    private sealed class Name
    {
        public string Label { get; set; } = "";
    }

    private sealed class Answer
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class Example
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
