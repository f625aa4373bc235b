using Clip.Conversion.Architectures;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

/// <summary>Accuracy on labeled pictures while training, and of a folder: what is counted, and for which picture.</summary>
public sealed class ZeroShotProbeTests : IDisposable
{
    private static readonly string[] Primary = ["red", "green", "blue"];
    private static readonly string[] Eight = ["a", "b", "c", "d", "e", "f", "g", "h"];

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Pictures move up over those that cannot be read, in every batch, and no other picture's class is compared.</summary>
    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 1, 2, 4 })]
    [InlineData(new[] { 0, 1, 2, 3, 5, 8 })]
    public void UnreadablePicturesAreToldAndTheOthersKeepTheirClass(int[] broken)
    {
        var images = Walls();
        foreach (var i in broken) File.WriteAllText(images[i].ImagePath, "no picture");
        var told = new List<string>();
        using var colors = new Colors();

        var result = Probe(batchSize: 4, told.Add).Measure(colors, new LabeledSet("walls", images, Primary, Templates: null));

        Assert.Equal(("walls", 1.0, 1.0), (result.Name, result.Top1, result.Top5));
        Assert.Equal(broken.Select(i => images[i].ImagePath), told);
    }

    /// <summary>ImageNet's "missile" comes twice, so the second is spoken as its name is, and known by another.</summary>
    [Fact]
    public void LabelsMayHavePromptsOfTheirOwnWhereAllHaveAsMany()
    {
        var images = Walls();
        using var colors = new Colors();
        var set = new LabeledSet("walls", images, Primary, ["{}"]);

        var outcome = Probe(4).Outcome(colors, Spoken("green"));
        var error = Assert.Throws<ClipException>(() => Probe(4).Measure(colors, Spoken("red", "green")));

        Assert.Equal([["green"], ["green"], ["blue"]], outcome.Prompts);
        Assert.Equal("The labels of walls have different numbers of prompts; give each as many.", error.Message);

        LabeledSet Spoken(params string[] red) =>
            set with { Prompts = new Dictionary<string, IReadOnlyList<string>> { ["red"] = red } };
    }

    [Fact]
    public void AClassifierIsMadeOfEveryLabelInEveryTemplate()
    {
        using var colors = new Colors();

        Probe(4).Measure(colors, new LabeledSet("walls", Walls(), Primary, ["{}", "a {} wall"]));

        Assert.Equal((6, 2), colors.Classified);
    }

    [Fact]
    public void AWrongClassCountsAgainstIt()
    {
        var images = Walls();
        images[4].Class = "red";
        using var colors = new Colors();

        Assert.Equal(8 / 9.0, Probe(4).Measure(colors, new LabeledSet("walls", images, Primary, null)).Top1, 12);
    }

    [Fact]
    public void NoReadablePictureIsAnError()
    {
        var images = Walls();
        foreach (var image in images) File.Delete(image.ImagePath);
        using var colors = new Colors();

        var error = Assert.Throws<ClipException>(() => Probe(4).Measure(colors, new LabeledSet("walls", images, Primary, null)));
        Assert.Contains("None of the pictures of walls could be read", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Of eight pictures the first's class is the best of eight, the second's the second best, and so on.</summary>
    [Fact]
    public void TopFiveAreFiveInTrainingAndOfAFolder()
    {
        LabeledImage[] images = [.. Eight.Select((label, i) => new LabeledImage { ImagePath = _run.Folder[$"{i}.png"], Class = label })];
        using var falling = new Falling();

        var set = new LabeledSet("walls", images, Eight, null);
        var training = Probe(3).Measure(falling, set);
        var folder = Accuracy.Of(ClassificationOutcome.Of(
            set, [.. images.Select(_ => Enumerable.Range(0, 8).Select(i => -(float)i).ToArray())]));

        Assert.Equal((1 / 8.0, 5 / 8.0), (training.Top1, training.Top5));
        Assert.Equal((1 / 8.0, 5 / 8.0, 1 / 8.0), (folder.Top1, folder.Top5, folder.MeanPerClassRecall));
    }

    /// <summary>Three pictures of one class, of which two are hit, and one of another, which is not.</summary>
    [Fact]
    public void EveryClassCountsTheSameInTheMeanPerClassRecall()
    {
        string[] classes = ["a", "a", "a", "b"];
        LabeledImage[] images = [.. classes.Select((label, i) => new LabeledImage { ImagePath = _run.Folder[$"{i}.png"], Class = label })];
        float[][] scores = [[2, 1], [2, 1], [1, 2], [2, 1]];

        var accuracy = Accuracy.Of(ClassificationOutcome.Of(new LabeledSet("walls", images, ["a", "b"], null), scores));

        Assert.Equal((2 / 4.0, 1 / 3.0), (accuracy.Top1, accuracy.MeanPerClassRecall));
    }

    private ZeroShotProbe Probe(int batchSize, Action<string>? onBroken = null) => new(
        _run.Tokenizer().Rows, ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(16)), 16, batchSize)
    {
        OnBroken = (path, _) => onBroken?.Invoke(path),
    };

    /// <summary>The red, green and blue of the drawn pictures.</summary>
    private LabeledImage[] Walls() =>
        [.. Enumerable.Range(0, 12).Where(i => i % 4 < 3).Select(i => new LabeledImage
        {
            ImagePath = _run.Folder[$"{i}.png"], Class = Primary[i % 4],
        })];

    /// <summary>Likes each label less than the one before.</summary>
    private sealed class Falling : IObjective, IDisposable
    {
        private readonly Linear _module = nn.Linear(1, 1);

        public nn.Module Module => _module;

        public ParameterLayout Layout => throw new NotSupportedException();

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => throw new NotSupportedException();

        public void AfterStep() => throw new NotSupportedException();

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => pixels =>
            arange(0, -(prompts.shape[0] / perLabel), -1, ScalarType.Float32).repeat(pixels.shape[0], 1);

        public void Dispose() => _module.Dispose();
    }
}
