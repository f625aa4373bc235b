using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Clip.Trainer.Training.AdamW;

namespace Clip.Trainer.Tests.Training;

public sealed class AdamWTests : IDisposable
{
    private readonly Noise _noise = new();

    public void Dispose() => _noise.Dispose();

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
            var one = table.forward(tensor(ids)).Squared().sum();
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

    /// <summary>Loshchilov and Hutter 2019, algorithm 2, number by number: by the kernel and by torch's.</summary>
    [Theory]
    [InlineData("w", 2, ScalarType.Float32)]
    [InlineData("w", 2, ScalarType.Float64)]
    [InlineData("ln_1.bias", 1, ScalarType.Float32)]
    [InlineData("ln_1.bias", 1, ScalarType.Float64)]
    public void StepsAreThoseOfThePaper(string name, int dimensions, ScalarType type)
    {
        using var scope = NewDisposeScope();
        const double beta1 = 0.8, beta2 = 0.9, epsilon = 0.01, rate = 0.05, factor = 0.5, decay = 0.3;
        var shape = dimensions == 2 ? new long[] { 3, 7 } : [21];
        var parameter = new Parameter(Draw(shape).to_type(type));
        double[] p = Values(parameter), m = new double[p.Length], v = new double[p.Length];
        using var optimizer = new AdamW(
            [(name, parameter)], new AdamWOptions(beta1, beta2, epsilon, decay), new Dictionary<string, double> { [name] = factor });
        for (var step = 1; step <= 4; step++)
        {
            var gradient = Draw(shape).to_type(type);
            parameter.grad = gradient;
            var norm = optimizer.Step(rate, maxNorm: 2);
            var g = Values(gradient);
            Assert.Equal(Math.Sqrt(g.Sum(x => x * x)), norm, 1e-5);
            Assert.True(norm > 2);
            for (var i = 0; i < p.Length; i++)
            {
                var clipped = g[i] * 2 / norm;
                m[i] = (beta1 * m[i]) + ((1 - beta1) * clipped);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * clipped * clipped);
                p[i] -= rate * factor * (dimensions == 2 ? decay : 0) * p[i];
                p[i] -= rate * factor * (m[i] / (1 - Math.Pow(beta1, step)))
                    / (Math.Sqrt(v[i] / (1 - Math.Pow(beta2, step))) + epsilon);
            }

            Assert.Equal(step, optimizer.Steps);
            Assert.Equal(p, Values(parameter), (a, b) => Math.Abs(a - b) < 2e-6);
            Assert.Equal(m, Values(optimizer.State.First().Value), (a, b) => Math.Abs(a - b) < 2e-6);
            Assert.Equal(v, Values(optimizer.State.Last().Value), (a, b) => Math.Abs(a - b) < 2e-6);
        }

        static double[] Values(Tensor tensor) => tensor.detach().@double().data<double>().ToArray();
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(3e38f)] // its square is no float
    public void AGradientThatIsNotFiniteChangesNothing(float value)
    {
        using var scope = NewDisposeScope();
        Parameter first = new(ones(2, 2)), second = new(ones(2));
        using var optimizer = new AdamW([("w", first), ("bias", second)], new AdamWOptions());
        (first.grad, second.grad) = (ones(2, 2), ones(2));
        optimizer.Step(0.1);
        var before = State();

        (first.grad, second.grad) = (ones(2, 2), tensor(new[] { 1, value }));
        var norm = optimizer.Step(0.1, maxNorm: 1);

        if (float.IsFinite(value))
        {
            Assert.True(double.IsFinite(norm)); // summed up in double precision, it is clipped as any other
            return;
        }

        Assert.False(double.IsFinite(norm));
        Assert.Equal(before, State());
        Assert.Equal(1, optimizer.Steps);

        float[] State() =>
            [.. first.data<float>(), .. second.data<float>(), .. optimizer.State.SelectMany(s => s.Value.data<float>().ToArray())];
    }

    [Fact]
    public void AParameterWithoutAGradientStaysAsItIsAndForgottenGradientsAreNone()
    {
        using var scope = NewDisposeScope();
        Parameter with = new(ones(2, 2)), without = new(ones(2, 2));
        using var optimizer = new AdamW([("a", with), ("b", without)], new AdamWOptions());
        with.grad = ones(2, 2);

        optimizer.Step(0.1);
        Assert.NotEqual(1, with[0, 0].item<float>());
        Assert.Equal(1, without[0, 0].item<float>());

        optimizer.ZeroGrad();
        var before = with[0, 0].item<float>();
        Assert.Equal(0, optimizer.Step(0.1));
        Assert.Equal(before, with[0, 0].item<float>());
    }

    [Fact]
    public void TheNormIsThatOfAllGradientsTogether()
    {
        using var scope = NewDisposeScope();
        Parameter matrix = new(zeros(3, 5)), vector = new(zeros(70_000));
        using var optimizer = new AdamW([("a", matrix), ("b", vector)], new AdamWOptions());
        (matrix.grad, vector.grad) = (full([3, 5], 2f), full([70_000], 0.5f));

        Assert.Equal(Math.Sqrt((15 * 4) + (70_000 * 0.25)), optimizer.Step(0), 1e-6);
    }

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-6;

    private static float[] Mean(AdamW optimizer) => [.. optimizer.State.First().Value.data<float>()];

    private Tensor Draw(params long[] shape) => _noise.Draw(shape);
}
