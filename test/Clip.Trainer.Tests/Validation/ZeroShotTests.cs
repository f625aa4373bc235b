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

/// <summary>Accuracies of models that tell no label from another, in training and of a folder.</summary>
public sealed class ZeroShotTests : IDisposable
{
    private static readonly string[] Labels = ["red", "green", "blue", "white", "black", "yellow", "brown", "pink"];

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void AModelInTrainingThatGivesAllLabelsOneScoreIsAsGoodAsGuessing()
    {
        var result = Measure(0.25f);

        Assert.Equal((1.0 / Labels.Length, 5.0 / Labels.Length), (result.Top1, result.Top5));
    }

    [Fact]
    public void AModelInTrainingWithoutFiniteScoresIsAnError() =>
        Assert.Contains("not finite", Assert.Throws<ClipException>(() => Measure(float.NaN)).Message, StringComparison.Ordinal);

    [Fact]
    public void AFoldersScoresThatTieAreAsGoodAsGuessing()
    {
        var set = new LabeledSet("walls", Images(), Labels, Templates: null);

        var accuracy = Accuracy.Of(ClassificationOutcome.Of(set, Scores(0.125f)));

        Assert.Equal(
            (1.0 / Labels.Length, 5.0 / Labels.Length, 1.0 / Labels.Length), (accuracy.Top1, accuracy.Top5, accuracy.MeanPerClassRecall));
        Assert.Throws<ClipException>(() => ClassificationOutcome.Of(set, Scores(float.NaN)));
    }

    private ZeroShotResult Measure(float score)
    {
        var preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(16));
        var probe = new ZeroShotProbe(_run.Tokenizer().Rows, preprocessor, imageSize: 16, batchSize: 5);
        using var same = new SameScore(score);
        return probe.Measure(same, new LabeledSet("walls", Images(), Labels, Templates: null));
    }

    private LabeledImage[] Images() =>
        [.. Enumerable.Range(0, 12).Select(i => new LabeledImage { ImagePath = _run.Folder[$"{i}.png"], Class = Labels[i % 4] })];

    private static float[][] Scores(float score) => [.. Enumerable.Range(0, 12).Select(_ => Labels.Select(_ => score).ToArray())];

    /// <summary>Gives every label of every picture one score.</summary>
    private sealed class SameScore(float score) : IObjective, IDisposable
    {
        private readonly Linear _module = nn.Linear(1, 1);

        public nn.Module Module => _module;

        public ParameterLayout Layout => throw new NotSupportedException();

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => throw new NotSupportedException();

        public void AfterStep() => throw new NotSupportedException();

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) =>
            pixels => full(pixels.shape[0], prompts.shape[0] / perLabel, score);

        public void Dispose() => _module.Dispose();
    }
}
