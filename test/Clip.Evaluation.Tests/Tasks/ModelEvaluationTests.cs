using System.Numerics.Tensors;
using Clip.Evaluation.Embedding;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Tasks;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.Tests.Tasks;

/// <summary>The tasks are made of the model's own embeddings, and of the pictures that can be read.</summary>
public sealed class ModelEvaluationTests : IDisposable
{
    private static readonly string[] Labels = ["red", "green", "blue", "white"];

    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ScoresAreTheCosinesOfPicturesAndLabels()
    {
        var images = _tiny.Paint(5);
        File.WriteAllText(images[2].ImagePath, "no picture");
        var set = new LabeledSet("walls", images, Labels, ["a {} wall"]);

        var outcome = Evaluation(maxBadPercent: 20).ZeroShot(set);

        var labels = ClipLabelEmbeddings.Create(_tiny.Model, Labels, set.Templates);
        Assert.Equal([images[0], images[1], images[3], images[4]], outcome.Pictures.Select(picture => picture.Image));
        Assert.Equal([0, 1, 3, 0], outcome.Pictures.Select(picture => Assert.Single(picture.Right)));
        foreach (var picture in outcome.Pictures)
        {
            var features = _tiny.Model.EmbedImage(picture.Image.ImagePath);
            for (var i = 0; i < Labels.Length; i++)
                Assert.Equal(TensorPrimitives.Dot(features, labels[i]), picture.Scores[i], 1e-5f);
        }

        Assert.Equal([images[2].ImagePath], outcome.Broken.Keys);
        Assert.Equal(["a green wall"], outcome.Prompts[1]);
        Assert.Equal(labels[3].ToArray(), outcome.LabelFeatures[3]);
        Assert.Equal(1, outcome.Probabilities(outcome.Pictures[0]).Sum(), 1e-5f);
    }

    [Fact]
    public void CaptionsBelongToThePicturesThatCanBeRead()
    {
        var images = Captioned(["a red wall", "red"], ["lost"], ["a blue wall"]);
        File.WriteAllText(images[1].ImagePath, "no picture");

        var outcome = Evaluation(maxBadPercent: 40).Retrieval(new RetrievalSet("walls", images));

        Assert.Equal([images[0], images[2]], outcome.Images);
        Assert.Equal(["a red wall", "red", "a blue wall"], outcome.Captions);
        Assert.Equal([0, 0, 1], outcome.ImageOfCaption);
        Assert.Equal(_tiny.Model.EmbedTexts(outcome.Captions), outcome.CaptionFeatures);
        Near(_tiny.Model.EmbedImage(images[2].ImagePath), outcome.ImageFeatures[1]);
        Assert.Equal([images[1].ImagePath], outcome.Broken.Keys);
    }

    [Fact]
    public void WithoutAPictureThereIsNothingToFind()
    {
        var images = Captioned(["a red wall"]);
        File.WriteAllText(images[0].ImagePath, "no picture");

        var error = Assert.Throws<ClipException>(() => Evaluation(maxBadPercent: 100).Retrieval(new RetrievalSet("walls", images)));

        Assert.Contains("None of the pictures of walls could be read", error.Message, StringComparison.Ordinal);
        var set = new LabeledSet("walls", [new LabeledImage { ImagePath = images[0].ImagePath, Class = "red" }], Labels, ["a {} wall"]);
        Assert.Contains(
            "None of the pictures of walls could be read",
            Assert.Throws<ClipException>(() => Evaluation(maxBadPercent: 100).ZeroShot(set)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecallsHaveClipBenchmarksNames()
    {
        // The second caption of the other picture is nearest to the first one.
        var outcome = new RetrievalOutcome(
            new RetrievalSet("walls", []), [], [[1, 0], [0, 1]], ["", "", ""], [[0.8f, 0.6f], [1, 0], [0, 1]], [0, 1, 1]);

        var recalls = RetrievalRecalls.Of(outcome, new Bootstrap(draws: 10));

        Assert.Equal(
            [
                ("text_retrieval_recall@1", 0.5), ("text_retrieval_recall@5", 1), ("text_retrieval_recall@10", 1),
                ("image_retrieval_recall@1", 0.6667), ("image_retrieval_recall@5", 1), ("image_retrieval_recall@10", 1),
            ],
            recalls.Select(recall => (recall.Name, Math.Round(recall.Value, 4))));
        Assert.All(recalls, recall => Assert.NotNull(recall.Interval));
        Assert.Equal([2, 3], new[] { recalls[0], recalls[3] }.Select(recall => recall.Statistic!.Count));
    }

    [Fact]
    public void AProbeIsFittedOnThePicturesThatCanBeRead()
    {
        var train = _tiny.Paint(21, "train");
        var test = _tiny.Paint(6);
        File.WriteAllText(train[20].ImagePath, "no picture");
        File.WriteAllText(test[1].ImagePath, "no picture");
        var set = new LabeledSet("walls", test, Labels, null);

        var probe = Evaluation(maxBadPercent: 10).LinearProbe(train, set, seed: 1);

        Assert.Equal((20, 5), (probe.TrainImages, probe.Outcome.Pictures.Count));
        Assert.Equal([1, 1, 1, 1, 1], probe.Outcome.Pictures.Select(picture => picture.Placing.Hit(1)));
        Assert.Equal(
            new[] { train[20].ImagePath, test[1].ImagePath }.Order(StringComparer.Ordinal),
            probe.Outcome.Broken.Keys.Order(StringComparer.Ordinal));
        // Of the pictures of both together they are 2 of 27.
        Assert.Contains(
            "2 of 27 records", Assert.Throws<ClipException>(() => Evaluation(maxBadPercent: 7).LinearProbe(train, set)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void EachDrawIsAProbe()
    {
        var train = _tiny.Paint(16, "train");
        var set = new LabeledSet("walls", _tiny.Paint(4), Labels, null);

        var probes = Evaluation().FewShot(train, set, shots: 1, draws: 2, seed: 1);

        Assert.Equal([(1, 4), (1, 4)], probes.Select(probe => (probe.Shots!.Value, probe.TrainImages)));
        Assert.All(probes, probe => Assert.Equal(4, probe.Outcome.Pictures.Sum(picture => picture.Placing.Hit(1))));
        Assert.All(probes, probe => Assert.Empty(probe.Outcome.Broken));
    }

    [Fact]
    public void PicturesOfSeveralLabelsAreNotProbed()
    {
        var set = new LabeledSet("walls", _tiny.Paint(1), Labels, null) { IsMultiLabel = true };

        var error = Assert.Throws<ClipException>(() => Evaluation().LinearProbe([], set));

        Assert.Contains("Pictures of walls have any number of labels", error.Message, StringComparison.Ordinal);
    }

    private ModelEvaluation Evaluation(double maxBadPercent = 0) => new(new Embedder(_tiny.Model, null, null), maxBadPercent);

    private CaptionedPicture[] Captioned(params string[][] captions) =>
    [
        .. _tiny.Paint(captions.Length)
            .Zip(captions, (image, own) => new CaptionedPicture { ImagePath = image.ImagePath, Captions = own }),
    ];

    private static void Near(float[] expected, float[] actual)
    {
        foreach (var (a, b) in expected.Zip(actual)) Assert.Equal(a, b, 1e-5f);
    }
}
