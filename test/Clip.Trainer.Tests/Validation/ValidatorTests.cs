using System.Runtime.CompilerServices;
using Clip.Conversion.Architectures;
using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Objectives;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

/// <summary>What is measured after which epoch, and that the model goes on training as if nothing had been.</summary>
public sealed class ValidatorTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void ItMeasuresInEvaluationModeAndLeavesTheModelInTraining()
    {
        using var colors = new Colors();
        colors.Module.train();

        var metrics = Validator(colors, pairsEvery: 1, setsEvery: 1).Measure(1, last: false, Tensors, CancellationToken.None);

        Assert.NotNull(metrics);
        Assert.True(colors.WasTraining.Count >= 3);
        Assert.All(colors.WasTraining, Assert.False);
        Assert.True(colors.Module.training);
    }

    [Fact]
    public void AValidationThatFailsLeavesTheModelInTrainingToo()
    {
        using var colors = new Colors { LossValue = () => float.NaN };

        Assert.Throws<ClipException>(() => Validator(colors, 1, 1).Measure(1, last: false, Tensors, CancellationToken.None));

        Assert.True(colors.Module.training);
    }

    [Theory]
    [InlineData(2, 3, "- p s p - ps")]
    [InlineData(1, 4, "p p p ps p ps")]
    [InlineData(10, 10, "- - - - - ps")]
    public void PairsAndSetsAreMeasuredAfterTheirEpochsAndBothAfterTheLast(int pairsEvery, int setsEvery, string expected)
    {
        using var colors = new Colors();
        var validator = Validator(colors, pairsEvery, setsEvery);

        var measured = Enumerable.Range(1, 6).Select(epoch =>
            validator.Measure(epoch, last: epoch == 6, Tensors, CancellationToken.None) is { } metrics
                ? (metrics.Loss is null ? "" : "p") + (metrics.ZeroShot.Count == 0 ? "" : "s")
                : "-");

        Assert.Equal(expected, string.Join(' ', measured));
    }

    /// <summary>A smaller last batch counts by its pairs.</summary>
    [Fact]
    public void TheLossIsTheMeanOverPairsNotOverBatches()
    {
        var losses = new Queue<float>([1, 2, 9]);
        using var colors = new Colors { LossValue = losses.Dequeue };

        var metrics = Validator(colors, 1, setsEvery: 99).Measure(1, last: false, Tensors, CancellationToken.None)!;

        Assert.Equal(((4 * 1) + (4 * 2) + 9) / 9.0, metrics.Loss!.Value, 12);
        Assert.Equal(["clip_val_loss"], metrics.Values.Select(v => v.Name));
    }

    /// <summary>Where features are compared as well: then the loss is of what was encoded for that.</summary>
    [Fact]
    public void SoIsAContrastsLoss()
    {
        var losses = new Queue<float>([1, 2, 9]);
        using var colors = new Colors { LossValue = losses.Dequeue };

        var metrics = Validator(new Contrast(colors), 1, setsEvery: 99).Measure(1, last: false, Tensors, CancellationToken.None)!;

        Assert.Equal(((4 * 1) + (4 * 2) + 9) / 9.0, metrics.Loss!.Value, 12);
        Assert.Equal(7, metrics.Values.Count());
    }

    /// <summary>Of objectives that compare nothing: those that do compare the pairs of a batch with each other.</summary>
    [Theory]
    [InlineData("virtex", 2, 2)]
    [InlineData("virtex", 1, 3)]
    [InlineData("bow", 1, 3)]
    public void ItIsTheSameInBatchesOfAnySize(string kind, int first, int second)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveTests.Create(kind, tower: 0);
        using var module = objective.Module;
        module.eval();
        var (pixels, ids) = ObjectiveTests.Batch(objective); // of texts of unequal length

        Assert.Equal(Loss(4), Loss(first, second), 1e-5);

        double Loss(params int[] sizes)
        {
            var batches = sizes.Select((size, step) => new PairBatch(step, size, [], [], 5));
            return ValidationPass.Run(objective, batches, batch =>
            {
                var start = sizes.Take((int)batch.Step).Sum();
                return (pixels.narrow(0, start, batch.Count), ids.narrow(0, start, batch.Count));
            }).Loss!.Value;
        }
    }

    private Validator Validator(IObjective colors, int pairsEvery, int setsEvery)
    {
        var probe = new ZeroShotProbe(
            _run.Tokenizer().Rows, ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(16)), 16, 4);
        var image = new LabeledImage { ImagePath = _run.Folder["0.png"], Class = "red" };
        var set = new LabeledSet("walls", [image], ["red", "green", "blue"], Templates: null);
        return new Validator(colors, new Pairs(), pairsEvery, [set], setsEvery, probe);
    }

    private static (Tensor Pixels, Tensor Ids) Tensors(PairBatch batch) => (zeros(batch.Count, 3, 16, 16), zeros(batch.Count, 3));

    /// <summary>Nine pairs, in batches of four, and a batch in which nothing could be read.</summary>
    private sealed class Pairs : IPairSource
    {
        public long Count => 9;

        public long StepsPerEpoch => 2;

        public string Fingerprint => "pairs";

        public IReadOnlyDictionary<string, string> Broken => new Dictionary<string, string>();

        public async IAsyncEnumerable<PairBatch> ReadAsync(
            long from, long to, [EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await Task.CompletedTask;
            yield break;
        }

        public IEnumerable<PairBatch> InOrder() => new[] { 4, 4, 0, 1 }.Select(count => new PairBatch(0, count, [], [], 3));
    }

    private sealed class Contrast(Colors colors) : IContrastiveObjective
    {
        public nn.Module Module => colors.Module;

        public ParameterLayout Layout => colors.Layout;

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => throw new NotSupportedException();

        public void AfterStep() => colors.AfterStep();

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => colors.Classifier(prompts, perLabel);

        public Tensor EncodeImage(Tensor pixels) => ones(pixels.shape[0], 2);

        public Tensor EncodeText(Tensor ids) => ones(ids.shape[0], 2);

        public (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids) => (EncodeImage(pixels), EncodeText(ids));

        public Tensor LossOf(Tensor image, Tensor text) => colors.Loss(image, text);

        public Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count) => throw new NotSupportedException();
    }
}
