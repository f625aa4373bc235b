using Clip.Testing;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.FewShot;

/// <summary>Scores by hand, labels and rows of which nothing is known, and what is refused.</summary>
public sealed class FewShotRulesTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 0);
    private readonly TempFolder _folder = new();

    private static readonly ClipLabelEmbeddings Prompts = ClipLabelEmbeddings.FromVectors(["a", "b"], [[1, 0], [0, 1]]);

    public void Dispose() => _folder.Dispose();

    /// <summary>So a label with many examples points no further than one with few.</summary>
    [Fact]
    public void AMeanHasLength1HoweverManyExamplesItIsOf()
    {
        var fitted = Fit(new() { Scale = 1 }, ([1, 0], "a"), ([0, 1], "a"), ([0.6f, 0.8f], "b"));

        // The mean of a's two is (1, 1) / √2.
        double a = Math.Sqrt(0.5), b = 0.6;
        Assert.Equal(1 / (1 + Math.Exp(b - a)), Scores(fitted, [1, 0])[0][0], 5);
    }

    [Fact]
    public void APromptWeighsAsMuchBesideTwoExamplesAsBesideOne()
    {
        var options = new ClipFewShotEstimator.Options { LabelEmbeddings = [Prompts], MeanWeight = 0.5f, Scale = 1 };

        var once = Fit(options, ([0.6f, 0.8f], "a"), ([0, 1], "b"));
        var thrice = Fit(options, ([0.6f, 0.8f], "a"), ([0.6f, 0.8f], "a"), ([0.6f, 0.8f], "a"), ([0, 1], "b"));

        Assert.Equal(Scores(once, [1, 0])[0], Scores(thrice, [1, 0])[0], Close);
    }

    /// <summary>alpha × weight × exp(-beta × (1 - cosine)), where a class of one among four has weight 4 / (2 × 1).</summary>
    [Fact]
    public void InABalancedCacheAnExampleOfASmallClassSaysMore()
    {
        var options = new ClipFewShotEstimator.Options
        {
            LabelEmbeddings = [Prompts],
            MeanWeight = 0,
            CacheWeight = 2,
            CacheSharpness = 3,
            Scale = 10,
            BalanceClasses = true,
        };

        var fitted = Fit(options, ([1, 0], "a"), ([1, 0], "a"), ([1, 0], "a"), ([0, 1], "b"));

        double a = 10 * 0.8 + 3 * 2 * (4 / 6.0) * Math.Exp(-3 * 0.2), b = 10 * 0.6 + 2 * 2 * Math.Exp(-3 * 0.4);
        Assert.Equal(1 / (1 + Math.Exp(b - a)), Scores(fitted, [0.8f, 0.6f])[0][0], 5);
    }

    /// <summary>Rows are scored in batches, whose memory is used again.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 3)]
    public void ARowsScoresDoNotDependOnTheRowsBefore(int neighbors, float cacheWeight)
    {
        var options = new ClipFewShotEstimator.Options { Neighbors = neighbors, CacheWeight = cacheWeight, Scale = 2 };
        var fitted = Fit(options, ([1, 0], "a"), ([0.8f, 0.6f], "b"), ([0, 1], "c"));
        float[][] rows = [[1, 0.1f], [0.1f, 1]];

        var (apart, together) = (Scores(fitted, rows), Scores(fitted, [.. Enumerable.Range(0, 400).Select(i => rows[i % 2])]));

        Assert.All(Enumerable.Range(0, 400), i => Assert.Equal(apart[i % 2], together[i]));
    }

    [Fact]
    public void WithoutAnyExamplePromptsClassifyAlone()
    {
        var fitted = Fit(new() { LabelEmbeddings = [Prompts], Scale = 10 }, ([float.NaN, 1], "a"), ([1, float.NaN], "b"));

        Assert.Equal(1 / (1 + Math.Exp(10 * 0.6 - 10 * 0.8)), Scores(fitted, [0.8f, 0.6f])[0][0], 5);
    }

    [Fact]
    public void WhereThereAreNoNeighborsAllLabelsAreEquallyProbable()
    {
        var fitted = Fit(new() { LabelEmbeddings = [Prompts], Neighbors = 3 }, ([float.NaN, 1], "a"), ([1, float.NaN], "b"));

        Assert.Equal([0.5f, 0.5f], Scores(fitted, [0.8f, 0.6f])[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void FeaturesOfWhichOneNumberIsMissingHaveNoAnswer(int neighbors)
    {
        var fitted = Fit(new() { Neighbors = neighbors }, ([1, 0], "a"), ([0, 1], "b"));

        var scores = Scores(fitted, [1, float.NaN], [1, 0]);

        Assert.All(scores[0], score => Assert.Equal(float.NaN, score));
        Assert.All(scores[1], score => Assert.True(float.IsFinite(score)));
    }

    /// <summary>They would make the file large, and may be what nobody may pass on.</summary>
    [Fact]
    public void ExamplesAreSavedOnlyWhereTheyAreAsked()
    {
        Assert.Empty(Saved(new()));
        Assert.Equal(2 * 2 * sizeof(float), Saved(new() { Neighbors = 1 }).Length);
        Assert.Equal(2 * 2 * sizeof(float), Saved(new() { CacheWeight = 1 }).Length);

        byte[] Saved(ClipFewShotEstimator.Options options)
        {
            Save(Fit(options, ([1, 0], "a"), ([0, 1], "b")));
            return SavedZip.Read(_folder["model.zip"], "examples.f32");
        }
    }

    [Fact]
    public void LongFeaturesAreScoredAlike()
    {
        float[] first = new float[3000], second = new float[3000];
        (first[0], second[2999]) = (1, 1);
        var asked = new float[3000];
        (asked[0], asked[2999]) = (0.8f, 0.6f);

        var fitted = Fit(new() { Scale = 1 }, (first, "a"), (second, "b"));

        Assert.Equal(1 / (1 + Math.Exp(0.6 - 0.8)), Scores(fitted, asked)[0][0], 5);
    }

    [Fact]
    public void NothingToLearnFromIsRefused()
    {
        var refused = Assert.Throws<ArgumentException>(() => Fit(new(), ([float.NaN, 1], "a"), ([1, float.NaN], "b")));

        Assert.Contains("neither examples nor label embeddings", refused.Message);
    }

    [Fact]
    public void SettingsOutOfRangeAreRefusedByName()
    {
        Refused("Neighbors", new() { Neighbors = -1 });
        Refused("CacheWeight", new() { CacheWeight = -1 });
        Refused("CacheWeight", new() { CacheWeight = float.NaN });
        Refused("CacheSharpness", new() { CacheSharpness = 0 });
        Refused("CacheSharpness", new() { CacheSharpness = float.PositiveInfinity });
        Refused("MeanWeight", new() { MeanWeight = -0.1f });
        Refused("MeanWeight", new() { MeanWeight = float.NaN });
        Refused("Scale", new() { Scale = float.NaN });
        Refused("named 'Same'", new() { ScoreColumnName = "Same", PredictedLabelColumnName = "Same" });

        void Refused(string told, ClipFewShotEstimator.Options options) =>
            Assert.Contains(told, Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.ClipClassifyFewShot(options)).Message);
    }

    [Fact]
    public void SettingsOutOfRangeInASavedModelAreRefused()
    {
        Save(Fit(new(), ([1, 0], "a"), ([0, 1], "b")));
        SavedZip.ChangeSettings(_folder["model.zip"], settings => settings["Scale"] = 0);

        var refused = Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(_folder["model.zip"], out _));

        Assert.Contains("Scale must be positive", $"{refused}");
    }

    [Fact]
    public void ColumnsAreCheckedBeforeAnyDataIsRead()
    {
        var schema = Keyed(([1, 0], "a")).Schema.Shape();

        Assert.Contains("no input column 'Absent'", Refused(new() { FeatureColumnName = "Absent" }));
        Assert.Contains("must be a vector of floats", Refused(new() { FeatureColumnName = "Name" }));
        Assert.Contains("no label column 'Absent'", Refused(new() { LabelColumnName = "Absent" }));
        Assert.Contains("no key with names", Refused(new() { LabelColumnName = "Name" }));
        var shape = _ml.Transforms.ClipClassifyFewShot(new()).GetOutputSchema(schema).Select(column => column.Name);
        Assert.Equal(["Score", "PredictedLabel"], shape.TakeLast(2));

        string Refused(ClipFewShotEstimator.Options options) =>
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipClassifyFewShot(options).GetOutputSchema(schema)).Message;
    }

    private static bool Close(float a, float b) => MathF.Abs(a - b) < 1e-6f;

    private void Save(ClipFewShotTransformer fitted) => _ml.Model.Save(fitted, Points([1, 0]).Schema, _folder["model.zip"]);

    private ClipFewShotTransformer Fit(ClipFewShotEstimator.Options options, params (float[] Features, string Label)[] examples) =>
        _ml.Transforms.ClipClassifyFewShot(options).Fit(Keyed(examples));

    private float[][] Scores(ClipFewShotTransformer fitted, params float[][] rows) =>
        [.. fitted.Transform(Points(rows)).GetColumn<float[]>("Score")];

    private IDataView Keyed(params (float[] Features, string Label)[] examples)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, examples[0].Features.Length);
        var rows = _ml.Data.LoadFromEnumerable(examples.Select(e => new Row { Features = e.Features, Name = e.Label }).ToArray(), schema);
        return _ml.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(rows).Transform(rows);
    }

    private IDataView Points(params float[][] rows) => Keyed([.. rows.Select(row => (row, "a"))]);

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Name { get; set; } = "";
    }
}
