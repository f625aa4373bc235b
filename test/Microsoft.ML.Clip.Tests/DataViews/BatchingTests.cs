using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

public sealed class BatchingTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    public void BatchSizesAgree_WithTheModelItself(int batchSize)
    {
        var rows = PictureRow.From(folder, 50);
        using var model = ClipModel.Open(folder.Path);
        var expected = model.EmbedImages([.. rows.Select(r => r.ImagePath)]);
        Features(rows, batchSize).Vectors("Features").ShouldBe(expected);
    }

    [Fact]
    public void RowsKeepTheirOrderAndTheirOtherColumns()
    {
        var rows = PictureRow.From(folder, 40);
        var result = Features(rows, batchSize: 4);
        Assert.Equal(rows.Select(r => r.Number), result.GetColumn<int>("Number"));
        Assert.Equal(rows.Select(r => r.Caption), result.GetColumn<string>("Caption"));

        // All columns at once, so that each is buffered beside the batch.
        var all = _ml.Data.CreateEnumerable<EverythingRow>(result, reuseRowObject: false).ToArray();
        Assert.Equal(rows.Select(r => r.Number), all.Select(r => r.Number));
        Assert.Equal(rows.Select(r => r.Bytes), all.Select(r => r.Bytes));
        Assert.Equal(rows.Select(r => r.Extra), all.Select(r => r.Extra));
        Assert.Equal(result.Vectors("Features"), all.Select(r => r.Features));
        Assert.Equal(rows.Length, result.GetRowCount());
    }

    [Fact]
    public void IdsArePassedOn()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 10));
        var result = Featurizer(4).Fit(data).Transform(data);
        Assert.Equal(Ids(data, data.Schema["Number"]), Ids(result, result.Schema["Features"]));
    }

    [Fact]
    public void WhereNoOutputIsAskedFor_NothingIsRead()
    {
        // These files do not exist: whoever looks at them throws.
        var rows = Enumerable.Range(0, 5).Select(i => new PictureRow { Number = i, ImagePath = "absent.png" }).ToArray();
        var result = Features(rows, batchSize: 2);
        Assert.Equal([0, 1, 2, 3, 4], result.GetColumn<int>("Number"));
        Assert.Throws<FileNotFoundException>(() => result.GetColumn<float[]>("Features").ToList());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(10, 21)]
    public void TakingAFewRowsReadsFew(int taken, int atMost)
    {
        // Batches grow 1, 4, 16: the first missing file lies just beyond what may be read.
        var pictures = PictureRow.From(folder, atMost);
        PictureRow[] rows = [.. pictures, .. Enumerable.Range(0, 100).Select(_ => new PictureRow { ImagePath = "absent.png" })];
        Assert.Equal(taken, Features(rows, batchSize: 32).GetColumn<float[]>("Features").Take(taken).Count());
    }

    [Fact]
    public void Preview()
    {
        var preview = Features(PictureRow.From(folder, 20), batchSize: 32).Preview(maxRows: 3);
        Assert.Equal(3, preview.RowView.Length);
    }

    [Fact]
    public void AFailureBelongsToItsBatch_EvenIfPreparedAhead()
    {
        var rows = PictureRow.From(folder, 40);
        rows[35].ImagePath = "absent.png";
        var seen = 0;
        var e = Assert.Throws<FileNotFoundException>(() =>
        {
            foreach (var _ in Features(rows, batchSize: 4).GetColumn<float[]>("Features")) seen++;
        });
        Assert.Contains("absent.png", e.Message);
        Assert.InRange(seen, 33, 35);
    }

    [Fact]
    public void ACursorSetCoversAllRowsOnce()
    {
        var result = Features(PictureRow.From(folder, 30), batchSize: 4);
        var numbers = new List<int>();
        foreach (var cursor in result.GetRowCursorSet(result.Schema, 3))
        {
            using (cursor)
            {
                var number = cursor.GetGetter<int>(result.Schema["Number"]);
                var features = cursor.GetGetter<VBuffer<float>>(result.Schema["Features"]);
                var (n, f) = (0, default(VBuffer<float>));
                while (cursor.MoveNext())
                {
                    number(ref n);
                    features(ref f);
                    Assert.Equal(TinyClip.Dimension, f.Length);
                    numbers.Add(n);
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 30), numbers.Order());
    }

    [Fact]
    public void ShuffledRowsKeepTheirFeatures()
    {
        var rows = PictureRow.From(folder, 30);
        var expected = Features(rows, 8).Vectors("Features");
        var shuffled = _ml.Data.ShuffleRows(Features(rows, 8), seed: 3);
        var numbers = shuffled.GetColumn<int>("Number").ToArray();
        Assert.NotEqual(Enumerable.Range(0, 30), numbers);
        Assert.Equal(Enumerable.Range(0, 30), numbers.Order());

        var all = _ml.Data.CreateEnumerable<EverythingRow>(shuffled, reuseRowObject: false).ToArray();
        all.Select(r => r.Features).ToArray().ShouldBe([.. all.Select(r => expected[r.Number])]);
    }

    /// <summary>ML.NET's trainers ask a data view to shuffle itself; one whose source cannot says so.</summary>
    [Fact]
    public void RowsAreShuffledByTheirSource()
    {
        var oneWay = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 30));
        var data = _ml.Data.Cache(oneWay);
        var result = Featurizer(8).Fit(data).Transform(data);
        var (number, features) = (result.Schema["Number"], result.Schema["Features"]);
        var order = Numbers(data.GetRowCursor([data.Schema["Number"]], new Random(3)));

        Assert.True(result.CanShuffle);
        Assert.NotEqual(Enumerable.Range(0, 30), order);
        Assert.Equal(order, Numbers(result.GetRowCursor([number, features], new Random(3))));
        Assert.Equal(order, Numbers(result.GetRowCursor([number], new Random(3))));
        Assert.Equal(order, result.GetRowCursorSet([number, features], 1, new Random(3)).SelectMany(Numbers));
        Assert.Equal((false, false), (oneWay.CanShuffle, Featurizer(8).Fit(oneWay).Transform(oneWay).CanShuffle));
    }

    [Fact]
    public void CancellingTheContextEndsThePass()
    {
        var result = Features(PictureRow.From(folder, 40), batchSize: 4);
        using var rows = result.GetColumn<float[]>("Features").GetEnumerator();
        Assert.True(rows.MoveNext());
        _ml.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            while (rows.MoveNext())
            {
            }
        });
    }

    [Fact]
    public void ComputingTheSameThriceIsWarnedOf()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        var result = Features(PictureRow.From(folder, 3), batchSize: 4);
        for (var pass = 0; pass < 4; pass++) _ = result.Vectors("Features");
        Assert.Single(warnings, w => w.Contains("AppendCacheCheckpoint"));
    }

    private ClipImageFeaturizingEstimator Featurizer(int batchSize) => _ml.Transforms.ClipFeaturizeImage(
        new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", ModelFolder = folder.Path, BatchSize = batchSize });

    private IDataView Features(PictureRow[] rows, int batchSize)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        return Featurizer(batchSize).Fit(data).Transform(data);
    }

    private static List<int> Numbers(DataViewRowCursor cursor)
    {
        using (cursor)
        {
            var getter = cursor.GetGetter<int>(cursor.Schema["Number"]);
            var (numbers, number) = (new List<int>(), 0);
            while (cursor.MoveNext())
            {
                getter(ref number);
                numbers.Add(number);
            }

            return numbers;
        }
    }

    private static List<DataViewRowId> Ids(IDataView data, DataViewSchema.Column column)
    {
        using var cursor = data.GetRowCursor([column]);
        var getter = cursor.GetIdGetter();
        var ids = new List<DataViewRowId>();
        while (cursor.MoveNext())
        {
            DataViewRowId id = default;
            getter(ref id);
            ids.Add(id);
        }

        return ids;
    }

    private sealed class EverythingRow
    {
        public int Number { get; set; }

        public byte[] Bytes { get; set; } = [];

        public float[] Extra { get; set; } = [];

        public float[] Features { get; set; } = [];
    }
}
