using Clip.Conversion.Architectures;
using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

/// <summary>What a pass over validation pairs makes of them, of objectives that compare pictures and texts.</summary>
public sealed class ValidationPassTests
{
    /// <summary>Every text is compared with every picture, whatever batches they came in.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(2, 4)]
    [InlineData(1, 0, 3, 2)]
    public void RecallIsOverAllBatchesTogether(params int[] sizes)
    {
        using var scope = NewDisposeScope();
        // Of six directions in a half circle, the third and the fourth text are exchanged.
        double[] images = [0, 0.5, 1, 1.5, 2, 2.5], texts = [0, 0.5, 1.5, 1, 2, 2.5];
        using var placed = new Placed();

        var metrics = ValidationPass.Run(placed, Batches(sizes), batch =>
        {
            var start = sizes.Take((int)batch.Step).Sum();
            return (Rows(images), Rows(texts));

            Tensor Rows(double[] angles) => tensor(angles[start..(start + batch.Count)]);
        });

        Assert.Equal(
            [("image_to_text_R@1", 4 / 6.0), ("image_to_text_R@5", 1), ("image_to_text_R@10", 1), ("text_to_image_R@1", 4 / 6.0)],
            metrics.Retrieval!.Values.Take(4));
        Assert.Equal(sizes.Sum(size => size * size) / 6.0, metrics.Loss!.Value, 1e-6); // by pairs
        Assert.Empty(metrics.ZeroShot);
        Assert.Equal(metrics.Values.Select(v => v.Name), ValidationMetrics.Names(pairs: true, contrastive: true, []));
    }

    [Fact]
    public void WithoutAReadablePairThereIsNoMeasure()
    {
        using var placed = new Placed();

        Refused.With(
            "None of the validation images could be read",
            () => ValidationPass.Run(placed, Batches([0, 0]), _ => throw new InvalidOperationException()));
    }

    /// <summary>Nothing that a pass computes could be kept for gradients: it would fill the memory that training needs.</summary>
    [Fact]
    public void NothingIsKeptForGradientsOrBehind()
    {
        using var placed = new Placed();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        ValidationPass.Run(placed, Batches([3, 3]), batch =>
        {
            Assert.False(is_grad_enabled());
            return (arange(3, ScalarType.Float64), arange(3, ScalarType.Float64));
        });

        Assert.True(is_grad_enabled());
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(true, true, 7)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 0)]
    public void WhatIsMeasuredIsKnownBefore(bool pairs, bool contrastive, int count)
    {
        string[] sets = ["pets-zeroshot-val-top1", "pets-zeroshot-val-top5", "cars-zeroshot-val-top1", "cars-zeroshot-val-top5"];

        var names = ValidationMetrics.Names(pairs, contrastive, ["pets", "cars"]).ToList();

        Assert.Equal(sets, names[count..]);
        if (count > 0) Assert.Equal("clip_val_loss", names[0]);
        if (count > 1)
        {
            Assert.Equal(
                [
                    "image_to_text_R@1", "image_to_text_R@5", "image_to_text_R@10", "text_to_image_R@1", "text_to_image_R@5",
                    "text_to_image_R@10",
                ],
                names[1..7]);
        }
    }

    private static IEnumerable<PairBatch> Batches(int[] sizes) => sizes.Select((size, step) => new PairBatch(step, size, [], [], 3));

    /// <summary>Sees in a number the direction of a picture or text; its loss is the number of pairs that it compares.</summary>
    private sealed class Placed : IContrastiveObjective, IDisposable
    {
        private readonly TorchSharp.Modules.Linear _module = nn.Linear(1, 1);

        public nn.Module Module => _module;

        public ParameterLayout Layout => throw new NotSupportedException();

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => throw new NotSupportedException();

        public void AfterStep() => throw new NotSupportedException();

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => throw new NotSupportedException();

        public Tensor EncodeImage(Tensor pixels) => stack([pixels.cos(), pixels.sin()], 1).@float();

        public Tensor EncodeText(Tensor ids) => EncodeImage(ids);

        public (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids) => (EncodeImage(pixels), EncodeText(ids));

        public Tensor LossOf(Tensor image, Tensor text) => tensor((float)image.shape[0]);

        public Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count) => throw new NotSupportedException();

        public void Dispose() => _module.Dispose();
    }
}
