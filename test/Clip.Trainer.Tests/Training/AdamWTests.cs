using Clip.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Clip.Trainer.Training.AdamW;

namespace Clip.Trainer.Tests.Training;

public sealed class AdamWTests : IDisposable
{
    private readonly Generator _random = new(1);

    public void Dispose() => _random.Dispose();

    [Theory]
    [InlineData("visual.conv1.weight", 4, true)]
    [InlineData("positional_embedding", 2, true)]
    [InlineData("transformer.resblocks.0.attn.in_proj_weight", 2, true)]
    [InlineData("transformer.resblocks.0.attn.in_proj_bias", 1, false)]
    [InlineData("visual.ln_post.weight", 1, false)]
    [InlineData("visual.class_embedding", 1, false)]
    [InlineData("logit_scale", 0, false)]
    public void OnlyMatricesDecay(string name, int dimensions, bool decays)
    {
        using var value = ones([.. Enumerable.Repeat(1L, dimensions)]);

        Assert.Equal(decays, AdamW.Decays(name, value));
    }

    [Fact]
    public void TheFirstStepMovesByTheLearningRateAgainstTheGradient()
    {
        using var parameter = new Parameter(tensor(new[] { 1f, -2f }));
        using var optimizer = new AdamW([("w", parameter)], new AdamWOptions(Epsilon: 0));
        using var loss = (parameter * tensor(new[] { 3f, -5f })).sum();
        loss.backward();

        optimizer.Step(0.1);

        Assert.Equal([0.9f, -1.9f], parameter.data<float>().ToArray());
    }

    [Theory]
    [InlineData(3, 7)] // less than a vector, and a rest behind one
    [InlineData(300, 500)] // several pieces of work
    public void TheKernelStepsAsTorchDoes(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var start = Draw(rows, columns);
        var (single, twice) = (new Parameter(start.clone()), new Parameter(start.@double())); // float64 goes by torch's kernels
        using AdamW kernel = new([("w", single)], new AdamWOptions()), torchs = new([("w", twice)], new AdamWOptions());
        for (var step = 0; step < 3; step++)
        {
            var gradient = Draw(rows, columns);
            (single.grad, twice.grad) = (gradient, gradient.@double());

            Assert.Equal(torchs.Step(1e-2, maxNorm: 1), kernel.Step(1e-2, maxNorm: 1), 1e-3);
        }

        Assert.InRange((single.@double() - twice).abs().max().item<double>(), 0, 1e-6);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void AnEmbeddingsFewRowsCountAsTheWholeGradientWould(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var start = Draw(50, 8).to_type(type);
        var (sparse, dense) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using var table = nn.Embedding_from_pretrained(start, freeze: false, sparse: true);
        using AdamW few = new([("w", sparse)], new AdamWOptions()), whole = new([("w", dense)], new AdamWOptions());
        foreach (var ids in new long[][] { [3, 7, 3, 49], [7, 0, 0, 0] })
        {
            var one = table.forward(tensor(ids)).square().sum();
            one.backward();
            var gradient = table.weight!.grad!;
            Assert.True(gradient.is_sparse);
            (sparse.grad, dense.grad, table.weight.grad) = (gradient, gradient.to_dense(), null);

            Assert.Equal(whole.Step(1e-2, maxNorm: 1), few.Step(1e-2, maxNorm: 1), 1e-5);
        }

        Assert.InRange((sparse - dense).abs().max().@double().item<double>(), 0, 1e-7);
        Assert.NotEqual(start[20][0].@double().item<double>(), sparse[20][0].@double().item<double>()); // a row never used decays
    }

    [Fact]
    public void ALargeGradientIsLimitedAndASmallOneIsNot()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(zeros(2));
        using var optimizer = new AdamW([("bias", parameter)], new AdamWOptions(Beta1: 0));
        parameter.grad = tensor(new[] { 3f, 4f });

        Assert.Equal(5, optimizer.Step(0, maxNorm: 1), 6);
        Assert.Equal([0.6f, 0.8f], Mean(optimizer), Near);
        optimizer.Step(0, maxNorm: 10);
        Assert.Equal([3f, 4f], Mean(optimizer), Near);
    }

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-6;

    private static float[] Mean(AdamW optimizer) => [.. optimizer.State.First().Value.data<float>()];

    /// <summary>Normal noise of a generator of its own: torch's is everybody's, and the starting weights of a run come from it.</summary>
    private Tensor Draw(params long[] shape) => randn(shape, generator: _random);
}
