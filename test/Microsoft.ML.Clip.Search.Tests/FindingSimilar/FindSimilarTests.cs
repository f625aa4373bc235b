using Microsoft.ML.Clip.FindingSimilar;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Search.Tests.FindingSimilar;

public sealed class FindSimilarTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TinyFolder _model = new();
    private readonly MLContext _ml = new();

    [Fact]
    public void NeighborsAreWhatTheIndexFinds()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = Data(7);
        var pipeline = _ml.Transforms.ClipFeaturizeImage("Features", _model.Path, nameof(Row.ImagePath))
            .Append(_ml.Transforms.ClipFindSimilar("Neighbors", "Features", index, top: 3));
        using var fitted = pipeline.Fit(data);

        var rows = Read(fitted.Transform(data));
        Assert.Equal(7, rows.Length);
        foreach (var row in rows)
        {
            var found = index.Search(model.EmbedImage(row.ImagePath), new() { Top = 3 });
            Assert.Equal(found.Select(picture => picture.Id), row.Neighbors);
            Assert.Equal(found.Select(picture => picture.Score), row.NeighborsScores, (a, b) => Math.Abs(a - b) < 1e-6);
        }

        // A trainer behind it asks for the schema to come.
        var numbers = pipeline.Append(_ml.Transforms.Concatenate("Numbers", "NeighborsScores"));
        Assert.Equal(3, ((VectorDataViewType)numbers.Fit(data).GetOutputSchema(data.Schema)["Numbers"].Type).Size);
        var engine = _ml.Model.CreatePredictionEngine<Row, Found>(fitted);
        Assert.Equal(rows[2].Neighbors, engine.Predict(new Row { ImagePath = rows[2].ImagePath }).Neighbors);
    }

    [Theory]
    [InlineData(ClipTowerStorage.Embedded)]
    [InlineData(ClipTowerStorage.ByReference)]
    public void SavedAndLoaded_ItGivesTheSame(ClipTowerStorage storage)
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = Data(5);
        var options = new ClipFindSimilarEstimator.Options { Top = 2, IndexStorage = storage, PredictedLabelColumnName = "PredictedLabel" };
        using var fitted = Pipeline(index, options).Fit(data);
        var before = Read<Voted>(fitted.Transform(data));
        _ml.Model.Save(fitted, data.Schema, _folder["pipeline.zip"]);
        index.Dispose();
        if (storage == ClipTowerStorage.Embedded) File.Delete(index.Path);

        var other = new MLContext();
        var loaded = other.Model.Load(_folder["pipeline.zip"], out _);
        var after = Read<Voted>(loaded.Transform(data));
        Assert.Equal(before.Select(row => row.Neighbors), after.Select(row => row.Neighbors));
        Assert.Equal(before.Select(row => row.PredictedLabel), after.Select(row => row.PredictedLabel));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void NeighborsVoteForALabel()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = Data(9);
        using var fitted = Pipeline(index, new() { Top = 3, PredictedLabelColumnName = "PredictedLabel" }).Fit(data);
        Assert.All(
            Read<Voted>(fitted.Transform(data)),
            row => Assert.EndsWith($"-{row.PredictedLabel}.png", row.ImagePath, StringComparison.Ordinal));
    }

    [Fact]
    public void FewerThanAskedFor_LeavesPlacesEmpty_AndItselfIsLeftOut()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model, pictures: 2);
        var data = Data(1);
        using var fitted = Pipeline(index, new() { Top = 3, SkipSelf = true }).Fit(data);
        var row = Assert.Single(Read<Default>(fitted.Transform(data)));
        Assert.Equal(["001-green.png", "", ""], row.Neighbors.Select(id => Path.GetFileName(id)));
        Assert.Equal([false, true, true], row.NeighborScores.Select(float.IsNaN));
    }

    [Fact]
    public void APictureThatIsNotInTheIndexKeepsItsNearest()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model, pictures: 2);
        var data = _ml.Data.LoadFromEnumerable([new Row { ImagePath = _model.Pictures(5)[4] }]);
        using var fitted = Pipeline(index, new() { Top = 2, SkipSelf = true }).Fit(data);
        var row = Assert.Single(Read<Default>(fitted.Transform(data)));
        Assert.Equal(["001-green.png", "000-red.png"], row.NeighborsOf());
    }

    /// <summary>Of labels with as many votes that whose neighbors are nearer together, though another's one may be the nearest.</summary>
    [Fact]
    public void VotesAreCountedAndThenWeighed()
    {
        using var index = ClipImageIndex.Create(_folder["voters.index"], "model", 2);
        foreach (var caption in new[] { "a", "b", "c" }) index.Add(new(caption) { Caption = caption }, [1, 0]);
        var labels = new NeighborLabels(index, ClipNeighborLabel.Caption);

        Assert.Equal("b", Vote(("a", 0.9f), ("b", 0.85f), ("b", 0.8f), ("a", 0.1f)));
        Assert.Equal("a", Vote(("a", 0.9f), ("b", 0.85f), ("b", 0.2f), ("a", 0.3f)));
        Assert.Equal("b", Vote(("a", 0.9f), ("b", 0.1f), ("b", 0.1f), ("none", 0.95f), (null, 0.95f)));
        Assert.Null(Vote(("none", 1)));

        string? Vote(params (string? Caption, float Score)[] found)
        {
            var key = labels.Vote([.. found.Select(f => new ClipSearchResult(new("id") { Caption = f.Caption }, f.Score))]);
            return key == 0 ? null : labels.Values[(int)key - 1];
        }
    }

    [Fact]
    public void FeaturesThatAreMissingHaveNoNeighbors()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = _ml.Data.LoadFromEnumerable([new Row { ImagePath = _model.Pictures(1)[0] }, new Row { ImagePath = "absent.png" }]);
        using var fitted = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = nameof(Row.ImagePath),
            ModelFolder = _model.Path,
            OnError = ClipErrorHandling.Missing,
        }).Append(_ml.Transforms.ClipFindSimilar(index, new() { Top = 1, PredictedLabelColumnName = "PredictedLabel" })).Fit(data);
        var rows = Read<Voted>(fitted.Transform(data));
        Assert.Equal(["000-red.png", ""], rows.Select(row => Path.GetFileName(row.Neighbors[0])));
        Assert.Equal(["red", null], rows.Select(row => row.PredictedLabel is { Length: > 0 } label ? label : null));
    }

    [Fact]
    public void AnIndexThatIsOnlyReferredToMustStayAsItWas()
    {
        using var model = ClipModel.Open(_model.Path);
        var data = Data(2);
        using (var index = Index(model))
        using (var fitted = Pipeline(index, new() { Top = 2, IndexStorage = ClipTowerStorage.ByReference }).Fit(data))
        {
            _ml.Model.Save(fitted, data.Schema, _folder["pipeline.zip"]);
            index.Remove(index.Entries[0].Id);
            index.Save();
        }

        var refused = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(_folder["pipeline.zip"], out _));
        Assert.Contains("has changed since the pipeline was saved", $"{refused}", StringComparison.Ordinal);
    }

    [Fact]
    public void ALoadedStepClosesTheIndexThatItOpened()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = Data(2);
        using (var fitted = Pipeline(index, new() { Top = 2 }).Fit(data)) _ml.Model.Save(fitted, data.Schema, _folder["pipeline.zip"]);
        // The index that was given is the giver's.
        Assert.Equal(12, index.Count);

        var loaded = (TransformerChain<ITransformer>)_ml.Model.Load(_folder["pipeline.zip"], out _);
        var own = ((ClipFindSimilarTransformer)loaded.LastTransformer).Index;
        Assert.Equal(12, own.Count);
        loaded.Dispose();
        Assert.Throws<ObjectDisposedException>(() => own.Count);
        Assert.False(File.Exists(own.Path));
    }

    [Fact]
    public void MistakesAreNamed()
    {
        using var model = ClipModel.Open(_model.Path);
        using var index = Index(model);
        var data = Data(1);
        Assert.Contains("'Features'", Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipFindSimilar("Neighbors", "Features", index).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("vector of 8 floats", Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipFindSimilar("Neighbors", nameof(Row.ImagePath), index).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipFindSimilar("Neighbors", "Features", index, top: 0));

        using var fitted = Pipeline(index, new()).Fit(data);
        index.Remove(index.Entries[0].Id);
        Assert.Contains("save it", Assert.Throws<InvalidOperationException>(
            () => _ml.Model.Save(fitted, data.Schema, _folder["pipeline.zip"])).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _model.Dispose();
    }

    private EstimatorChain<ClipFindSimilarTransformer> Pipeline(ClipImageIndex index, ClipFindSimilarEstimator.Options options) =>
        _ml.Transforms.ClipFeaturizeImage("Features", _model.Path, nameof(Row.ImagePath))
            .Append(_ml.Transforms.ClipFindSimilar(index, options));

    private ClipImageIndex Index(ClipModel model, int pictures = 12)
    {
        var index = ClipImageIndex.Create(_folder["photos.index"], model);
        foreach (var (picture, i) in _model.Pictures(pictures).Select((picture, i) => (picture, i)))
            index.Add(new(picture) { Path = picture, Caption = TinyFolder.Colors[i % 3] }, model.EmbedImage(picture));
        index.Save();
        return index;
    }

    private IDataView Data(int rows) => _ml.Data.LoadFromEnumerable(
        _model.Pictures(rows).Select(picture => new Row { ImagePath = picture }));

    private Found[] Read(IDataView data) => Read<Found>(data);

    private T[] Read<T>(IDataView data)
        where T : class, new() => [.. _ml.Data.CreateEnumerable<T>(ConvertKeys(data), reuseRowObject: false, ignoreMissingColumns: true)];

    private IDataView ConvertKeys(IDataView data) => data.Schema.GetColumnOrNull("PredictedLabel") is null
        ? data
        : _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(data).Transform(data);

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Found
    {
        public string ImagePath { get; set; } = "";

        public string[] Neighbors { get; set; } = [];

        public float[] NeighborsScores { get; set; } = [];
    }

    private sealed class Default
    {
        public string[] Neighbors { get; set; } = [];

        public float[] NeighborScores { get; set; } = [];

        public IEnumerable<string?> NeighborsOf() => Neighbors.Select(Path.GetFileName);
    }

    private sealed class Voted
    {
        public string ImagePath { get; set; } = "";

        public string[] Neighbors { get; set; } = [];

        public string PredictedLabel { get; set; } = "";
    }
}
