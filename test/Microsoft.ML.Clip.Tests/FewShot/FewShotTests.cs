using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.FewShot;

/// <summary>Classification by a few examples and by prompts.</summary>
public sealed class FewShotTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 0);
    private readonly TinyFolder _folder = new();

    [Fact]
    public void ExamplesAloneMakeAClassifier()
    {
        var (train, test) = (Points([0.9f, 0.1f], [0.8f, 0.2f], [0.1f, 0.9f]), Points([1, 0], [0, 1], [0.6f, 0.5f]));

        Assert.Equal(["a", "b", "a"], Answers(Fit(new() { MeanWeight = 1 }, train, "a", "a", "b").Transform(test)));
    }

    [Fact]
    public void TheMixtureLiesBetweenPromptsAndMeans()
    {
        // The prompts have it the wrong way round, the examples the right one.
        var prompts = ClipLabelEmbeddings.FromVectors(["a", "b"], [[0, 1], [1, 0]]);
        var (train, test) = (Points([1, 0], [0, 1]), Points([0.9f, 0.1f]));

        Assert.Equal(["b"], Answers(Fit(new() { LabelEmbeddings = [prompts], MeanWeight = 0.3f }, train, "a", "b").Transform(test)));
        Assert.Equal(["a"], Answers(Fit(new() { LabelEmbeddings = [prompts], MeanWeight = 0.7f }, train, "a", "b").Transform(test)));
    }

    [Fact]
    public void TheCacheIsTipAdapters()
    {
        var prompts = ClipLabelEmbeddings.FromVectors(["a", "b"], [[1, 0], [0, 1]]);
        var options = new ClipFewShotEstimator.Options
        {
            LabelEmbeddings = [prompts],
            MeanWeight = 0,
            CacheWeight = 2,
            CacheSharpness = 3,
            Scale = 10,
        };

        var scores = Scores(Fit(options, Points([0.6f, 0.8f], [0, 1]), "a", "b").Transform(Points([0.8f, 0.6f])));

        // logits: 10 cos(prompt) + 2 exp(-3 (1 - cos(example)))
        double a = 10 * 0.8 + 2 * Math.Exp(-3 * (1 - 0.96)), b = 10 * 0.6 + 2 * Math.Exp(-3 * (1 - 0.6));
        Assert.Equal(1 / (1 + Math.Exp(b - a)), scores[0][0], 5);
        Assert.Equal(1, scores[0].Sum(), 5);
    }

    [Fact]
    public void NeighborsVoteTheNearerTheMore()
    {
        var train = Points([1, 0], [0.9f, 0.3f], [0.8f, 0.4f], [0, 1]);
        var test = Points([1, 0.01f], [0.85f, 0.35f]);

        var one = Answers(Fit(new() { Neighbors = 1 }, train, "a", "b", "b", "b").Transform(test));
        var three = Scores(Fit(new() { Neighbors = 3, Scale = 1 }, train, "a", "b", "b", "b").Transform(test));

        Assert.Equal(["a", "b"], one);
        Assert.InRange(three[0][0], 0.34f, 0.4f); // a third of the votes, and a little more for being near
    }

    [Fact]
    public void BalancedAClassOfOneExampleHasAsMuchSay()
    {
        var train = Points([0.9f, 0.1f], [0.9f, 0.1f], [0.9f, 0.1f], [0.9f, -0.1f]);
        var options = new ClipFewShotEstimator.Options { Neighbors = 4, Scale = 1 };

        var plain = Scores(Fit(options, train, "a", "a", "a", "b").Transform(Points([1, 0])))[0];
        var balanced = Scores(Fit(options with { BalanceClasses = true }, train, "a", "a", "a", "b").Transform(Points([1, 0])))[0];

        Assert.Equal(0.75, plain[0], 5);
        Assert.Equal(0.5, balanced[0], 5);
    }

    /// <summary>The share of a label that has no examples is nobody's.</summary>
    [Fact]
    public void BalancedIsAmongTheLabelsThatHaveExamples()
    {
        var prompts = ClipLabelEmbeddings.FromVectors(["a", "b", "c"], [[1, 0], [0, 1], [-1, 0]]);
        var options = new ClipFewShotEstimator.Options
        {
            LabelEmbeddings = [prompts],
            MeanWeight = 0,
            CacheWeight = 2,
            Scale = 5,
            BalanceClasses = true,
        };
        var train = Points([0.6f, 0.8f], [0, 1], [float.NaN, 1]);

        var plain = Scores(Fit(options with { BalanceClasses = false }, train, "a", "b", "c").Transform(Points([0.8f, 0.6f])));
        var balanced = Scores(Fit(options, train, "a", "b", "c").Transform(Points([0.8f, 0.6f])));

        // Of the two that have any each has one, so there is nothing to balance.
        Assert.Equal(plain[0], balanced[0], (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void ItIsSavedWithAllThatItKeeps()
    {
        var test = Points([0.7f, 0.2f], [0.3f, 0.8f]);
        foreach (var options in new ClipFewShotEstimator.Options[] { new(), new() { Neighbors = 2 }, new() { CacheWeight = 3 } })
        {
            var fitted = Fit(options, Points([0.9f, 0.1f], [0.2f, 0.8f]), "a", "b");
            using var stream = new MemoryStream();
            _ml.Model.Save(fitted, test.Schema, stream);
            stream.Position = 0;
            var loaded = new MLContext().Model.Load(stream, out _);

            Assert.Equal(Scores(fitted.Transform(test)), Scores(loaded.Transform(test)));
            Assert.Equal(Answers(fitted.Transform(test)), Answers(loaded.Transform(test)));
        }
    }

    [Fact]
    public void FeaturesThatAreMissingHaveNoAnswer()
    {
        var fitted = Fit(new(), Points([1, 0], [0, 1]), "a", "b");

        var said = fitted.Transform(Points([float.NaN, 1]));

        Assert.All(Scores(said)[0], score => Assert.True(float.IsNaN(score)));
        Assert.Equal([0u], said.GetColumn<uint>("PredictedLabel"));
    }

    /// <summary>A picture that could not be read is no example; a label without one has its prompts alone.</summary>
    [Fact]
    public void ALabelWithoutExamplesHasItsPrompts()
    {
        var prompts = ClipLabelEmbeddings.FromVectors(["a", "b"], [[1, 0], [0, 1]]);
        var fitted = Fit(new() { LabelEmbeddings = [prompts], MeanWeight = 1 }, Points([1, 0.2f], [float.NaN, 1]), "a", "b");

        Assert.Equal(["a", "b"], Answers(fitted.Transform(Points([1, 0.1f], [0.1f, 1]))));
        Assert.Equal(["a", "b"], fitted.Labels);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(0, 2)]
    public void HowLongFeaturesAreDoesNotMatter(int neighbors, float cacheWeight)
    {
        var options = new ClipFewShotEstimator.Options { MeanWeight = 1, Neighbors = neighbors, CacheWeight = cacheWeight, Scale = 5 };
        var (unit, test) = (Points([1, 0], [0.6f, 0.8f], [0, 1]), Points([0.8f, 0.6f]));
        var expected = Scores(Fit(options, unit, "a", "a", "b").Transform(test))[0];

        var longer = Fit(options, Points([0.1f, 0], [60, 80], [0, 7]), "a", "a", "b");

        Assert.Equal(expected, Scores(longer.Transform(test))[0], (a, b) => MathF.Abs(a - b) < 1e-5f);
        Assert.Equal(expected, Scores(longer.Transform(Points([80, 60])))[0], (a, b) => MathF.Abs(a - b) < 1e-5f);
    }

    /// <summary>Features of two models beside each other: their prompts together weigh as much as the examples do.</summary>
    [Fact]
    public void PromptsOfSeveralModelsTogetherAreOneDirection()
    {
        var first = ClipLabelEmbeddings.FromVectors(["a", "b"], [[1, 0], [0, 1]]);
        var second = ClipLabelEmbeddings.FromVectors(["b", "a"], [[0, 1], [1, 0]]);
        var half = MathF.Sqrt(0.5f);
        var options = new ClipFewShotEstimator.Options { LabelEmbeddings = [first, second], MeanWeight = 0.5f, Scale = 1 };

        var fitted = Fit(options, Points([0, half, half, 0], [0, half, 0, half]), "a", "b");

        // a: half of (1, 0, 1, 0) / √2 and of its example, (1, 1, 2, 0) / √6 together; b is prompt and example at once.
        float[] asked = [half, 0, half, 0];
        double a = 3 * half / Math.Sqrt(6), b = 0;
        Assert.Equal(1 / (1 + Math.Exp(b - a)), Scores(fitted.Transform(Points(asked)))[0][0], 5);
    }

    [Theory]
    [InlineData("directions.f32")]
    [InlineData("examples.f32")]
    [InlineData("settings.json")]
    public void ADamagedClassifierIsRefused(string entry)
    {
        var (points, path) = (Points([0.9f, 0.1f], [0.2f, 0.8f]), _folder["model.zip"]);
        _ml.Model.Save(Fit(new() { Neighbors = 1 }, points, "a", "b"), points.Schema, path);
        if (entry == "settings.json") SavedZip.ChangeSettings(path, settings => settings["ExampleLabels"]![1] = 2);
        else SavedZip.Replace(path, entry, SavedZip.Read(path, entry)[..^8]);

        var refused = Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(path, out _));

        Assert.Contains("do not fit its labels", $"{refused}", StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        var two = Points([1, 0], [0, 1]);
        var prompts = ClipLabelEmbeddings.FromVectors(["a", "c"], [[1, 0], [0, 1]]);
        var longer = ClipLabelEmbeddings.FromVectors(["a", "b"], [[1, 0, 0], [0, 1, 0]]);

        Assert.Contains("lack the label 'b'", Fault(() => Fit(new() { LabelEmbeddings = [prompts] }, two, "a", "b")));
        Assert.Contains("do not fit features of 2", Fault(() => Fit(new() { LabelEmbeddings = [longer] }, two, "a", "b")));
        Assert.Contains("fitted on 2", Fault(() => Fit(new(), two, "a", "b").Transform(Points([1, 0, 0]))));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipClassifyFewShot(new() { MeanWeight = 1.5f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipClassifyFewShot(new() { Scale = 0 }));
    }

    [Fact]
    public void ViewsOfAPictureAreAveraged()
    {
        var pictures = _folder.Pictures(6);
        var data = _ml.Data.LoadFromEnumerable(pictures.Select(path => new Photo { Path = path }).ToList());

        var center = Features(ClipImageViews.Center);
        foreach (var views in new[] { ClipImageViews.Mirrored, ClipImageViews.Crops })
        {
            var averaged = Features(views);
            for (var i = 0; i < pictures.Length; i++)
            {
                Assert.Equal(1, Math.Sqrt(averaged[i].Sum(value => value * value)), 4);
                // The tiny model sees the mean color, which hardly differs between views.
                Assert.InRange(center[i].Zip(averaged[i], (a, b) => a * b).Sum(), 0.99f, 1.0001f);
            }
        }

        // The model's mean is the same from the left and from the right.
        var mirrored = Features(ClipImageViews.Mirrored).SelectMany(row => row);
        Assert.Equal(center.SelectMany(row => row), mirrored, (a, b) => MathF.Abs(a - b) < 1e-5f);

        float[][] Features(ClipImageViews views) =>
        [
            .. _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
            {
                InputColumnName = "Path", ModelFolder = _folder.Path, Views = views, BatchSize = 4,
            }).Fit(data).Transform(data).GetColumn<float[]>("Features"),
        ];
    }

    public void Dispose() => _folder.Dispose();

    private static string Fault(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private ClipFewShotTransformer Fit(ClipFewShotEstimator.Options options, IDataView points, params string[] labels)
    {
        var rows = points.GetColumn<float[]>("Features").Zip(labels, (row, label) => new Labeled { Features = row, Label = label });
        var data = Load(rows, points);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        return _ml.Transforms.ClipClassifyFewShot(options).Fit(keys);
    }

    private IDataView Points(params float[][] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Point));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        return _ml.Data.LoadFromEnumerable(rows.Select(row => new Point { Features = row }).ToList(), schema);
    }

    private IDataView Load(IEnumerable<Labeled> rows, IDataView like)
    {
        var schema = SchemaDefinition.Create(typeof(Labeled));
        schema["Features"].ColumnType = like.Schema["Features"].Type;
        return _ml.Data.LoadFromEnumerable(rows.ToList(), schema);
    }

    private string[] Answers(IDataView data) => [.. _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(data).Transform(data)
        .GetColumn<string>("PredictedLabel")];

    private static float[][] Scores(IDataView data) => [.. data.GetColumn<float[]>("Score")];

    private sealed class Point
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Labeled
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }

    private sealed class Photo
    {
        public string Path { get; set; } = "";
    }
}
