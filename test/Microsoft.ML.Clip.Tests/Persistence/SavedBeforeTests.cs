using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>
/// A pipeline saved by the build of commit e067659, on the tiny model of these tests and seven pictures of it: projected image features,
/// text features of at most 12 tokens, and a classifier of logit scale 3 that predicts nothing below 0.4.
/// </summary>
public sealed class SavedBeforeTests
{
    private static readonly float[] Image =
        [1.407737f, -1.4875712f, -1.4745282f, -0.2584612f, -0.2815448f, -0.045777407f, 0.23207752f, 0.29656145f];

    private static readonly float[] Text =
        [0.72878885f, -0.44510904f, -0.47546744f, -0.10704767f, -0.10475024f, -0.0061459295f, 0.098108925f, 0.11216288f];

    private static readonly float[] Score = [0.96886057f, 0.017309237f, 0.013830133f];

    [Fact]
    public void AFileOfAnOlderBuildGivesTheSame()
    {
        using var folder = new TinyFolder();
        var ml = new MLContext(seed: 1);
        var rows = PictureRow.From(folder, 7);
        using var model = (IDisposable)ml.Model.Load(Path.Combine(AppContext.BaseDirectory, "Persistence", "Saved", "e067659.zip"), out _);

        var result = ((ITransformer)model).Transform(ml.Data.LoadFromEnumerable(rows));

        new[] { result.Vectors("Image")[0] }.ShouldBe([Image]);
        new[] { result.Vectors("Text")[0] }.ShouldBe([Text]);
        new[] { result.Vectors("Score")[0] }.ShouldBe([Score]);
        Assert.Equal([1, 2, 3, 1, 2, 3, 1], result.GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void ItsSettingsAreKept()
    {
        using var folder = new TinyFolder();
        var ml = new MLContext(seed: 1);
        var rows = PictureRow.From(folder, 3);
        rows[1].ImagePath = "absent.png";
        rows[2].Caption = string.Join(' ', Enumerable.Repeat("red", 12)) + " blue";
        using var model = (IDisposable)ml.Model.Load(Path.Combine(AppContext.BaseDirectory, "Persistence", "Saved", "e067659.zip"), out _);
        var chain = ((IEnumerable<ITransformer>)model).ToArray();

        var data = ml.Data.LoadFromEnumerable(rows);

        Assert.All(chain[0].Transform(data).Vectors("Image")[1], f => Assert.True(float.IsNaN(f)));
        using var twelve = ClipModel.Open(folder.Path, new() { ContextLength = 12 });
        new[] { chain[1].Transform(data).Vectors("Text")[2] }.ShouldBe([twelve.EmbedText(rows[2].Caption)]);
        Assert.Equal(3, Assert.IsType<ClipZeroShotTransformer>(chain[2]).LogitScale);
        Assert.Equal(TinyFolder.Colors, ((ClipZeroShotTransformer)chain[2]).Labels);
    }
}
