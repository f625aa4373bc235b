using Clip.Evaluation.Embedding;
using Clip.Evaluation.Tasks;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.Tests.Tasks;

/// <summary>A model's probes are those of its embeddings, with the seed and the draws that are asked for.</summary>
public sealed class ProbeOfModelTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void DrawsAreCountedFromNoughtAndSeeded()
    {
        var (train, pictures) = Mixed(24);
        var (set, features) = Test(6);

        var probes = Evaluation().FewShot(train, set, shots: 2, draws: 2, seed: 5);

        for (var draw = 0; draw < 2; draw++)
        {
            var expected = LinearProbe.FewShot(pictures, set, features, shots: 2, seed: 5, draw);
            Assert.Equal((expected.L2Weight, 2), (probes[draw].L2Weight, probes[draw].Shots));
            foreach (var (own, other) in Scores(expected).Zip(Scores(probes[draw]))) Assert.Equal(own, other, 1e-4f);
        }

        Assert.NotEqual(Scores(probes[0]), Scores(probes[1]));
        var another = LinearProbe.FewShot(pictures, set, features, shots: 2, seed: 6, draw: 0);
        Assert.NotEqual(Scores(probes[0]), Scores(another));

        static IEnumerable<float> Scores(LinearProbe probe) => probe.Outcome.Pictures.SelectMany(picture => picture.Scores);
    }

    [Fact]
    public void TheSeedDecidesWhichFifthAProbeIsChosenOn()
    {
        var (train, pictures) = Mixed(24);
        var (set, features) = Test(2);
        var plain = LinearProbe.Measure(pictures, set, features, seed: 0).L2Weight;
        var seed = Enumerable.Range(1, 30).First(s => LinearProbe.Measure(pictures, set, features, s).L2Weight != plain);

        Assert.NotEqual(plain, Evaluation().LinearProbe(train, set, seed).L2Weight);
    }

    [Fact]
    public void WithoutABoundOneInTenMayBeBroken()
    {
        var images = _tiny.Paint(10);
        File.WriteAllText(images[0].ImagePath, "no picture");
        var set = new LabeledSet("walls", images, ["red", "green", "blue", "white"], ["a {} wall"]);
        var evaluation = new ModelEvaluation(new Embedder(_tiny.Model, null, null));
        Assert.Equal(9, evaluation.ZeroShot(set).Pictures.Count);

        File.WriteAllText(images[1].ImagePath, "no picture");
        Assert.Contains("2 of 10 records are bad", Assert.Throws<ClipException>(() => evaluation.ZeroShot(set)).Message);
        var captioned = new RetrievalSet(
            "walls", [.. images.Select(image => new CaptionedPicture { ImagePath = image.ImagePath, Captions = ["a wall"] })]);
        Assert.Contains("2 of 10 records are bad", Assert.Throws<ClipException>(() => evaluation.Retrieval(captioned)).Message);
    }

    [Fact]
    public void ScoresAreSharpenedByTheModelsOwnScale()
    {
        var outcome = Evaluation().ZeroShot(new LabeledSet("walls", _tiny.Paint(1), ["red", "green", "blue", "white"], ["a {} wall"]));

        var picture = outcome.Pictures[0];
        var chances = outcome.Probabilities(picture);
        var scale = _tiny.Model.LogitScale;
        Assert.Equal(Math.Exp(scale * (picture.Scores[0] - picture.Scores[1])), chances[0] / chances[1], 1e-2);
        Assert.Equal(_tiny.Model.EmbedImage(picture.Image.ImagePath), picture.Features!);
        Assert.Empty(outcome.Broken);
    }

    [Fact]
    public void TasksThatAreStoppedEnd()
    {
        var stopped = new CancellationToken(canceled: true);
        var images = _tiny.Paint(12);
        var set = new LabeledSet("walls", images, ["red", "green", "blue", "white"], ["a {} wall"]);
        RetrievalSet captioned = new("walls", [new CaptionedPicture { ImagePath = images[0].ImagePath, Captions = ["a wall"] }]);

        Assert.ThrowsAny<OperationCanceledException>(() => Evaluation().ZeroShot(set, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluation().Retrieval(captioned, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluation().LinearProbe(images, set, 0, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluation().FewShot(images, set, 1, 1, 0, stopped));
    }

    private ModelEvaluation Evaluation() => new(new Embedder(_tiny.Model, null, null));

    /// <summary>Pictures of which some are called wrong, so that every draw learns something else.</summary>
    private (LabeledImage[] Images, ProbePicture[] Pictures) Mixed(int count)
    {
        LabeledImage[] images =
        [
            .. _tiny.Paint(count, "train")
                .Select((image, i) => new LabeledImage { ImagePath = image.ImagePath, Class = i % 2 == 0 ^ i % 5 == 0 ? "red" : "green" }),
        ];
        var features = Features(images);
        return (images, [.. images.Zip(features, (image, row) => new ProbePicture(image.Class, row))]);
    }

    private (LabeledSet Set, float[][] Features) Test(int count)
    {
        var images = _tiny.Paint(count, "test");
        return (new LabeledSet("walls", images, ["red", "green", "blue", "white"], null), Features(images));
    }

    private float[][] Features(LabeledImage[] images) => _tiny.Model.EmbedImages([.. images.Select(image => image.ImagePath)]);
}
