using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>What a pass over the data tells in the log: once, with the right count, and not again in the next.</summary>
public sealed class WarningTests : IClassFixture<TinyFolder>
{
    private static readonly string LongText = string.Join(' ', Enumerable.Repeat("red", 40));

    private readonly TinyFolder _folder;
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _warnings = [], _sources = [];

    public WarningTests(TinyFolder folder)
    {
        _folder = folder;
        _ml.Log += (_, log) =>
        {
            if (log.Kind != ChannelMessageKind.Warning) return;
            lock (_warnings)
            {
                _warnings.Add(log.RawMessage);
                _sources.Add(log.Source);
            }
        };
    }

    [Fact]
    public void MissingImagesAreCountedInOneWarningAPass()
    {
        var data = Rows(row => row.ImagePath = row.Number % 4 == 1 ? $"absent-{row.Number}.png" : row.ImagePath);
        var result = Images().Fit(data).Transform(data);
        for (var pass = 0; pass < 2; pass++)
        {
            _ = result.Vectors("Features");
            var warning = Assert.Single(_warnings);
            Assert.StartsWith("3 image(s) of column 'ImagePath' could not be read and gave missing values; one of them: ", warning);
            Assert.Matches("Image file 'absent-[159].png' does not exist", warning);
            _warnings.Clear();
        }

        Assert.All(_sources, source => Assert.Equal("ClipImageFeaturizingTransformer; Transform", source));

        // A pass that did not come so far has nothing to tell, nor has one that computes nothing.
        _ = result.GetColumn<int>("Number").ToList();
        Assert.Empty(_warnings);
    }

    [Fact]
    public void EmptyAndCutTextsAreToldApart()
    {
        var data = Rows(row => row.Caption = (row.Number % 6) switch { 0 => LongText, 1 or 3 => " ", _ => row.Caption });
        _ = Texts(ClipEmptyTextHandling.Embed).Fit(data).Transform(data).Vectors("Features");
        Assert.Equal(
            [
                "4 text(s) of column 'Caption' were missing or empty and were embedded as such; see OnEmptyText.",
                "2 text(s) of column 'Caption' were longer than the model's context and were cut.",
            ], _warnings);
        _warnings.Clear();
        _ = Texts(ClipEmptyTextHandling.Missing).Fit(data).Transform(data).Vectors("Features");
        Assert.Equal("4 text(s) of column 'Caption' were missing or empty and gave missing values; see OnEmptyText.", _warnings[0]);
    }

    [Fact]
    public void ReadRowByRow_TheSameIsTold()
    {
        var data = Rows(row => (row.ImagePath, row.Caption) = (row.Number == 3 ? "absent.png" : row.ImagePath, LongText));
        ReadRows(Images().Fit(data), data, rows: 4);
        Assert.StartsWith("1 image(s) of column 'ImagePath' could not be read", Assert.Single(_warnings));
        _warnings.Clear();
        ReadRows(Texts(ClipEmptyTextHandling.Embed).Fit(data), data, rows: 4);
        Assert.Equal("4 text(s) of column 'Caption' were longer than the model's context and were cut.", Assert.Single(_warnings));
    }

    [Fact]
    public void ComputingTheSameIsWarnedOfInTheThirdPass_NotBefore_AndOnce()
    {
        var data = Rows(_ => { });
        var result = Images().Fit(data).Transform(data);
        int[] expected = [0, 0, 1, 1, 1];
        foreach (var warnings in expected)
        {
            _ = result.GetColumn<int>("Number").ToList();
            _ = result.Vectors("Features");
            Assert.Equal(warnings, _warnings.Count(w => w.Contains("being computed for the third time", StringComparison.Ordinal)));
        }

        Assert.Equal("ClipImageFeaturizingTransformer; GetRowCursor", _sources[^1]);

        // Each set of cursors is a pass.
        var another = Images().Fit(data).Transform(data);
        _warnings.Clear();
        foreach (var warnings in expected)
        {
            foreach (var cursor in another.GetRowCursorSet(another.Schema, 2)) cursor.Dispose();
            Assert.Equal(warnings, _warnings.Count);
        }
    }

    /// <summary>The way that a prediction engine takes.</summary>
    private static void ReadRows(ITransformer transformer, IDataView data, int rows)
    {
        using var cursor = data.GetRowCursor(data.Schema);
        var mapper = transformer.GetRowToRowMapper(data.Schema);
        using var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var features = row.GetGetter<VBuffer<float>>(row.Schema["Features"]);
        VBuffer<float> value = default;
        for (var i = 0; i < rows; i++)
        {
            Assert.True(cursor.MoveNext());
            features(ref value);
            features(ref value);
        }

        row.Dispose(); // and once more behind: that tells nothing anew
    }

    private IDataView Rows(Action<PictureRow> change)
    {
        var rows = PictureRow.From(_folder, 12);
        foreach (var row in rows) change(row);
        return _ml.Data.LoadFromEnumerable(rows);
    }

    private ClipImageFeaturizingEstimator Images() => _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
    {
        InputColumnName = "ImagePath",
        ModelFolder = _folder.Path,
        OnError = ClipErrorHandling.Missing,
        BatchSize = 5,
    });

    private ClipTextFeaturizingEstimator Texts(ClipEmptyTextHandling empty) => _ml.Transforms.ClipFeaturizeText(
        new ClipTextFeaturizingEstimator.Options { InputColumnName = "Caption", ModelFolder = _folder.Path, OnEmptyText = empty });
}
