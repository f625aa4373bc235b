using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.TextFeaturizing;

public sealed class TextFeaturizingTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    public void TransformAnEngineAndTheModelAgree(int batchSize)
    {
        PictureRow[] rows = [.. PictureRow.From(folder, 40), new() { Caption = "" }, new() { Caption = "Something else, ünïcode." }];
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = ClipModel.Open(folder.Path);
        var expected = model.EmbedTexts([.. rows.Select(r => r.Caption)]);

        var transformer = _ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            InputColumnName = "Caption",
            ModelFolder = folder.Path,
            BatchSize = batchSize,
        }).Fit(data);
        transformer.Transform(data).Vectors("Features").ShouldBe(expected);
        using var engine = _ml.Model.CreatePredictionEngine<PictureRow, FeatureRow>(transformer);
        rows.Select(r => engine.Predict(r).Features).ToArray().ShouldBe(expected);
    }

    [Fact]
    public void RawFeaturesOnRequest()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        using var model = ClipModel.Open(folder.Path);
        var transformer = _ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            InputColumnName = "Caption",
            Model = model,
            Normalize = false,
        }).Fit(data);
        var expected = model.EmbedTexts([.. data.GetColumn<string>("Caption")], normalize: false);
        transformer.Transform(data).Vectors("Features").ShouldBe(expected);
    }

    [Fact]
    public void CutTextsAreCountedInOneWarning()
    {
        var longText = string.Join(' ', Enumerable.Repeat("red", 40));
        string[] captions = [longText, longText, "red"];
        var data = _ml.Data.LoadFromEnumerable(captions.Select(c => new PictureRow { Caption = c }));
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        _ = _ml.Transforms.ClipFeaturizeText("Features", folder.Path, "Caption").Fit(data).Transform(data).Vectors("Features");
        Assert.Single(warnings, w => w.Contains("2 text(s) of column 'Caption'"));
    }

    [Fact]
    public void EmptyTextsAreToldRefusedOrMissing()
    {
        string?[] captions = ["red", "", null, " \t", "blue"];
        var data = _ml.Data.LoadFromEnumerable(captions.Select(c => new PictureRow { Caption = c! }));
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);

        Assert.All(Features(ClipEmptyTextHandling.Embed), row => Assert.All(row, f => Assert.True(float.IsFinite(f))));
        Assert.Single(warnings, w => w.Contains("3 text(s) of column 'Caption' were missing or empty and were embedded as such"));

        var missing = Features(ClipEmptyTextHandling.Missing);
        Assert.Equal([false, true, true, true, false], missing.Select(row => row.All(float.IsNaN)));
        Assert.Equal([false, true, true, true, false], missing.Select(row => row.Any(float.IsNaN)));
        Assert.Single(warnings, w => w.Contains("3 text(s) of column 'Caption' were missing or empty and gave missing values"));

        var error = Assert.Throws<InvalidDataException>(() => Features(ClipEmptyTextHandling.Throw));
        Assert.Equal("Row 1 has no text in column 'Caption'.", error.Message);

        float[][] Features(ClipEmptyTextHandling handling) => _ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            InputColumnName = "Caption",
            ModelFolder = folder.Path,
            OnEmptyText = handling,
        }).Fit(data).Transform(data).Vectors("Features");
    }

    [Fact]
    public void AWrongColumnIsNamed()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var e = Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipFeaturizeText("Features", folder.Path, "Bytes").Fit(data));
        Assert.Contains("Column 'Bytes' is of type", e.Message);
    }
}
