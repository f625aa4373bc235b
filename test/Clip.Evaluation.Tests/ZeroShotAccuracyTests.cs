using Clip.Data.Tests.Sources;
using Microsoft.ML;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Clip.Evaluation.Tests;

/// <summary>What of a model folder is measured without training: its labels for pictures, and its texts for them.</summary>
public sealed class ZeroShotAccuracyTests : IDisposable
{
    /// <summary>From green to blue.</summary>
    private static readonly string[] Labels =
        ["green", "green green green blue", "green green blue", "green blue", "green blue blue", "blue"];

    private readonly TinyFolder _model = new();
    private readonly TempFolder _folder = new();

    private ModelFolderEvaluation Evaluation => new(new MLContext(seed: 0), _model.Path);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Three red ones and two green ones, of which one passes for blue.</summary>
    [Fact]
    public void EachPictureCountsOnceAndEachClassOnce()
    {
        var images = Images((0, "red"), (0, "red"), (0, "red"), (1, "green"), (1, "blue"));

        var accuracy = Evaluation.ZeroShot(new LabeledSet("colors", images, TinyFolder.Colors, Templates: null));

        Assert.Equal((0.8, 1, 2 / 3.0), (accuracy.Top1, accuracy.Top5, accuracy.MeanPerClassRecall));
        Assert.Equal((5, 3, 1 / 3.0), (accuracy.Images, accuracy.Labels, accuracy.Chance));
    }

    /// <summary>A class is right as often as its pictures are, not as its worst.</summary>
    [Fact]
    public void AClassIsTheMeanOfItsPictures()
    {
        var images = Images((0, "red"), (1, "red"), (2, "red"), (0, "red"), (1, "green"));

        Assert.Equal(0.75, Evaluation.ZeroShot(new LabeledSet("colors", images, TinyFolder.Colors, null)).MeanPerClassRecall);
    }

    [Fact]
    public void TheSixthIsNotAmongTheFirstFive()
    {
        Assert.Equal([1, 1, 1, 1, 1, 0], Labels.Select(Top5));

        double Top5(string label) => Evaluation.ZeroShot(new LabeledSet("six", Images((1, label)), Labels, null)).Top5;
    }

    [Fact]
    public void TheSetsTemplatesAreThePrompts()
    {
        var images = Images((0, "red"), (1, "green"));
        var set = new LabeledSet("two", images, ["red", "green"], ["{}"]);

        Assert.Equal(1, Evaluation.ZeroShot(set).Top1);
        Assert.Throws<ArgumentException>(() => Evaluation.ZeroShot(set with { Templates = ["no place for it"] }));
    }

    [Fact]
    public void ScoresThatTieAreAsGoodAsGuessing()
    {
        var ml = new MLContext();
        var images = Images((0, "green"), (1, "green blue"), (2, "blue"));

        var accuracy = ZeroShotAccuracy.Measure(ml, images, Labels, _ => Scores(ml, 0.125f));

        Assert.Equal(1 / 6.0, accuracy.Top1, 1e-12);
        Assert.Equal(5 / 6.0, accuracy.Top5, 1e-12);
        Assert.Equal(1 / 6.0, accuracy.MeanPerClassRecall, 1e-12);
        Assert.Throws<ClipException>(() => ZeroShotAccuracy.Measure(ml, images, Labels, _ => Scores(ml, float.NaN)));
    }

    /// <summary>Pictures that lie in shards are read out of them, also beside others that are files.</summary>
    [Fact]
    public void PicturesInShardsAreMeasuredAsFilesAre()
    {
        Shards.TarOf(
            _folder, "set/test/0.tar",
            [.. Enumerable.Range(0, 6).SelectMany(i => new[]
            {
                ($"{i}.png", TinyFolder.Picture(i % 3, i)), ($"{i}.cls", new[] { (byte)('0' + (i % 3)) }),
            })]);
        _folder.Write("set/classnames.txt", string.Join('\n', TinyFolder.Colors));

        var set = LabeledShards.Read("set", LabeledShards.Find(_folder["set"])!, null, null, (_, reason) => Assert.Fail(reason));
        var train = _model.Pictures(30).Select((path, i) => new LabeledImage { ImagePath = path, Class = TinyFolder.Colors[i % 3] });
        var probe = Evaluation.LinearProbe([.. train], set.Images);

        Assert.Equal((1, 6), (Evaluation.ZeroShot(set).Top1, set.Images.Count));
        Assert.Equal((1, 6), (probe.Top1, probe.Images));
    }

    [Fact]
    public void PicturesAndTextsFindEachOther()
    {
        var rows = _model.Pictures(3)
            .Select((path, i) => new Data.CaptionedImage(path, [TinyFolder.Colors[i], $"a {TinyFolder.Colors[i]} thing"])).ToArray();

        var found = Evaluation.Retrieval(rows);
        var crossed = Evaluation.Retrieval([rows[0], new(rows[1].Path, rows[2].Captions), new(rows[2].Path, rows[1].Captions)]);

        Assert.Equal((1, 1), (found.ImageToText[0], found.TextToImage[0]));
        Assert.Equal((1 / 3.0, 1 / 3.0), (crossed.ImageToText[0], crossed.TextToImage[0]));
    }

    private static IDataView Scores(MLContext ml, float score) =>
        ml.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(_ => new Row { Score = [.. Labels.Select(_ => score)] }));

    private LabeledImage[] Images(params (int Color, string Class)[] images) =>
        [.. images.Select(image => new LabeledImage { ImagePath = _model.Pictures(3)[image.Color], Class = image.Class })];

    private sealed class Row
    {
        [VectorType(6)]
        public float[] Score { get; set; } = [];
    }
}
