using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Experiments.Tests;

/// <summary>The model that comes out computes of a row what the search has seen of it.</summary>
public sealed class ModelPipelineTests : IDisposable
{
    private readonly Colors _colors = new();
    private readonly MLContext _ml = new(seed: 0);

    public static TheoryData<ClipImageViews, bool, bool, bool> Variants => new()
    {
        { ClipImageViews.Center, true, false, false },
        { ClipImageViews.Crops, true, false, false },
        { ClipImageViews.Center, false, true, false },
        { ClipImageViews.Mirrored, true, true, false },
        { ClipImageViews.Center, true, true, true },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void TheModelSaysOfARowWhatTheSearchHasSaid(ClipImageViews views, bool usesImages, bool usesTexts, bool hasSeveralModels)
    {
        var folder = Path.GetDirectoryName(_colors.Pictures(1)[0].Path)!;
        Picture[] pictures =
        [
            .. _colors.Pictures(18).Select((picture, i) => new Picture
            {
                Path = Path.GetFileName(picture.Path), Color = picture.Color, Caption = i % 4 == 0 ? "red" : $"a {picture.Color} thing",
            }),
        ];
        using var other = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), ballast: 5);
        });
        var options = _colors.Options with { ImageFolder = folder, TextColumnName = "Caption" };
        if (hasSeveralModels) options = options with { ModelFolders = [_colors.Model, other.Path] };
        var data = _ml.Data.LoadFromEnumerable(pictures);
        using var source = new FeatureSource(options, _ => { });
        var read = source.Readable(new RowReader("Color", "Path", options).Read(data), "rows", default);
        Assert.Equal(18, read.Rows.Count);
        var variant = new FeatureVariant(options.ModelFolders, views, usesImages, usesTexts);
        var table = source.Table(read, variant, "rows", default);
        Assert.All(table.Rows, row => Assert.Equal(1, row.Sum(x => x * x), 4));
        // Unlike those that ask for directions, it minds how long features are.
        var fitted = FittedCandidate.Fit(
            new(CandidateKind.LbfgsMaximumEntropy) { L2 = 0.1f },
            new(read.Classes, table.Rows, read.Labels, new Dictionary<string, float[][]>()), seed: 0, default);

        var (model, _) = ModelPipeline.Make(_ml, data, "Path", options, variant, fitted);
        var scores = model.Transform(data).GetColumn<float[]>("Score").ToArray();

        var expected = fitted.Predict(table.Rows, default);
        for (var row = 0; row < scores.Length; row++) Assert.Equal(expected[row], scores[row], (a, b) => Math.Abs(a - b) < 1e-4);
        (model as IDisposable)?.Dispose();
    }

    /// <summary>What is kept of pictures by themselves is not taken for averages over their views.</summary>
    [Fact]
    public void FeaturesOfViewsAreKeptByThemselves()
    {
        var pictures = _colors.Pictures(6);
        var first = Features(_colors.Options, ClipImageViews.Center);
        var crops = Features(_colors.Options, ClipImageViews.Crops);
        Assert.NotEqual(first, crops);
        Assert.Equal(Features(_colors.Options with { CacheFolder = null }, ClipImageViews.Crops), crops);
        Assert.Equal(crops, Features(_colors.Options, ClipImageViews.Crops));
        Assert.Equal(first, Features(_colors.Options, ClipImageViews.Center));

        float[][] Features(ClipExperimentOptions options, ClipImageViews views)
        {
            using var source = new FeatureSource(options, _ => { });
            var read = new RowReader("Color", "Path", options).Read(_ml.Data.LoadFromEnumerable(pictures));
            return source.Table(read, new FeatureVariant(options.ModelFolders, views, true, false), "rows", default).Rows;
        }
    }

    [Fact]
    public void RowsThatLackWhatIsAskedOfAreLeftOutAndSaid()
    {
        Picture[] rows =
        [
            new() { Path = "a.png", Color = "red", Caption = "a" }, new() { Path = "b.png", Color = "blue", Caption = "b" },
            new() { Path = "c.png", Color = "", Caption = "c" }, new() { Path = "", Color = "red", Caption = "d" },
            new() { Path = "e.png", Color = "red", Caption = "  " },
        ];

        var read = new RowReader("Color", "Path", _colors.Options with { TextColumnName = "Caption" }).Read(
            _ml.Data.LoadFromEnumerable(rows));

        Assert.Equal(["a.png", "b.png"], read.Rows.Select(row => row.Name));
        Assert.Equal(["blue", "red"], read.Classes);
        Assert.Equal([1, 0], read.Labels);
        Assert.Equal(
            ["It has no class.", "It has no picture.", "It has no text."], read.Unreadable.Select(row => row.Reason));
    }

    public void Dispose() => _colors.Dispose();
}
