using Microsoft.ML.Clip.FindingSimilar;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Search.Tests.FindingSimilar;

/// <summary>Neighbors of plain vectors: how many, whose, and with which label.</summary>
public sealed class NeighborRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MLContext _ml = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>As many as are asked for, beside the row itself.</summary>
    [Fact]
    public void WithoutItselfARowHasAsManyNeighbors()
    {
        using var index = Index();

        Assert.Equal(["b c", "a c"], Neighbors(index, new() { Top = 2, SkipSelf = true }, [3, 0], [0.96f, 0.28f]));
        Assert.Equal(["a b", "b a"], Neighbors(index, new() { Top = 2 }, [3, 0], [0.96f, 0.28f]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    public void HowManyRowsAreSearchedForAtOnceChangesNothing(int batchSize)
    {
        using var index = Index();

        var found = Neighbors(index, new() { Top = 1, BatchSize = batchSize }, [1, 0], [0, 0], [0, 1], [float.NaN, 1], [0.96f, 0.28f]);

        // Rows without a direction have no neighbors, and the others keep theirs.
        Assert.Equal(["a", "", "d", "", "b"], found);
    }

    [Fact]
    public void FiveAreFoundWhereNothingIsTold()
    {
        using var index = Index();
        var data = Data([1, 0]);
        using var fitted = _ml.Transforms.ClipFindSimilar(index, new()).Fit(data);

        var schema = fitted.Transform(data).Schema;

        Assert.Equal(["Features", "Neighbors", "NeighborScores"], schema.Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance, 5), schema["Neighbors"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 5), schema["NeighborScores"].Type);
    }

    [Theory]
    [InlineData(ClipNeighborLabel.Caption, "bird|cat")]
    [InlineData(ClipNeighborLabel.Folder, "Katzen|Vögel")]
    public void ALabelIsACaptionsFirstLineOrAFolder(ClipNeighborLabel kind, string values)
    {
        using var index = Index();

        var labels = new NeighborLabels(index, kind);

        Assert.Equal(values, string.Join('|', labels.Values));
        // b and c outvote a; d has no caption and no path.
        Assert.Equal(kind == ClipNeighborLabel.Caption ? 1u : 2u, labels.Vote(index.Search([1, 0])));
    }

    [Fact]
    public void AnIndexWithoutLabelsHasNoVotes()
    {
        using var index = ClipImageIndex.Create(_folder["bare.index"], "model", 2);
        index.Add(new("a"), [1, 0]);

        Assert.Contains("have no captions", Error(ClipNeighborLabel.Caption), StringComparison.Ordinal);
        Assert.Contains("have no paths", Error(ClipNeighborLabel.Folder), StringComparison.Ordinal);

        string Error(ClipNeighborLabel kind) => Assert.Throws<InvalidOperationException>(() => new NeighborLabels(index, kind)).Message;
    }

    [Fact]
    public void SettingsThatCannotBeAreRefused()
    {
        using var index = Index();
        ClipFindSimilarEstimator.Options[] wrong =
        [
            new() { OutputColumnName = " " }, new() { ScoreColumnName = "" }, new() { InputColumnName = "" }, new() { Top = 0 },
            new() { BatchSize = 0 }, new() { ScoreColumnName = "Neighbors" }, new() { PredictedLabelColumnName = "NeighborScores" },
        ];

        Assert.All(wrong, options => Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.ClipFindSimilar(index, options)));
    }

    [Fact]
    public void TheLabelIsAKeyOfAllThatThereAre()
    {
        using var index = Index();
        var data = Data([1, 0]);
        var estimator = _ml.Transforms.ClipFindSimilar(index, new() { Top = 3, PredictedLabelColumnName = "Voted" });
        using var fitted = estimator.Fit(data);

        Assert.Equal(2ul, Assert.IsType<KeyDataViewType>(fitted.GetOutputSchema(data.Schema)["Voted"].Type).Count);
        Assert.Equal([1u], fitted.Transform(data).GetColumn<uint>("Voted"));
        // A step behind it asks for the schema to come.
        var words = estimator.Append(_ml.Transforms.Conversion.MapKeyToValue("Word", "Voted")).Fit(data).Transform(data);
        Assert.Equal("bird", Assert.Single(words.GetColumn<ReadOnlyMemory<char>>("Word")).ToString());
    }

    private string[] Neighbors(ClipImageIndex index, ClipFindSimilarEstimator.Options options, params float[][] rows)
    {
        var data = Data(rows);
        using var fitted = _ml.Transforms.ClipFindSimilar(index, options).Fit(data);
        var found = fitted.Transform(data).GetColumn<ReadOnlyMemory<char>[]>(options.OutputColumnName);
        return [.. found.Select(ids => string.Join(' ', ids.Select(id => id.ToString())))];
    }

    private IDataView Data(params float[][] rows) => _ml.Data.LoadFromEnumerable(rows.Select(row => new Row { Features = row }));

    private ClipImageIndex Index()
    {
        var index = ClipImageIndex.Create(_folder["photos.index"], "model", 2);
        index.Add(new("a") { Caption = "cat\nwith a hat", Path = "/p/Katzen/1.jpg" }, [1, 0]);
        index.Add(new("b") { Caption = "bird", Path = "/p/Vögel/2.jpg" }, [0.96f, 0.28f]);
        index.Add(new("c") { Caption = "bird\nof prey", Path = "/p/Vögel/3.jpg" }, [0.6f, 0.8f]);
        index.Add(new("d"), [0, 1]);
        index.Save();
        return index;
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
