using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Clip.Trainer.Training.AdamW;

namespace Clip.Trainer.Tests.Training;

public sealed class MuonTests : IDisposable
{
    private readonly Noise _noise = new();

    public void Dispose() => _noise.Dispose();

    /// <summary>The rule of Jordan 2024 with the step sizes of Liu et al. 2025, number by number in double precision.</summary>
    [Theory]
    [InlineData("w", 6, 4, 1)]
    [InlineData("w", 4, 10, 1)]
    [InlineData("transformer.resblocks.0.attn.in_proj_weight", 15, 5, 3)] // queries', keys' and values'
    public void StepsAreThoseOfThePapers(string name, int rows, int columns, int matrices)
    {
        using var scope = NewDisposeScope();
        const double rate = 0.05, factor = 0.5, decay = 0.3, most = 2;
        var parameter = new Parameter(Draw(rows, columns));
        var (expected, mean) = (Numbers(parameter), new double[rows * columns]);
        using var optimizer = Optimizer(name, parameter, decay, factor);
        for (var step = 1; step <= 3; step++)
        {
            parameter.grad = Draw(rows, columns);
            var gradient = Numbers(parameter.grad);
            var norm = optimizer.Step(rate, most);

            Assert.True(norm > most);
            var ahead = new double[gradient.Length];
            for (var i = 0; i < ahead.Length; i++)
            {
                var g = gradient[i] * most / norm;
                mean[i] += 0.05 * (g - mean[i]);
                ahead[i] = (0.05 * g) + (0.95 * mean[i]);
            }

            var part = rows / matrices;
            for (var m = 0; m < matrices; m++)
            {
                var begin = m * part * columns;
                var direction = NewtonSchulz(ahead.AsSpan(begin, part * columns).ToArray(), part, columns);
                for (var i = 0; i < direction.Length; i++)
                {
                    expected[begin + i] *= 1 - (rate * factor * decay);
                    expected[begin + i] -= rate * factor * 0.2 * Math.Sqrt(Math.Max(part, columns)) * direction[i];
                }
            }

            Assert.Equal(expected, Numbers(parameter), (a, b) => Math.Abs(a - b) < 1e-4);
            var momentum = optimizer.State.Single(s => s.Name == $"momentum_buffer.{name}").Value;
            Assert.Equal(mean, Numbers(momentum), (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    /// <summary>A convolution is a matrix with a row for each channel that it gives.</summary>
    [Fact]
    public void AConvolutionMovesAsTheMatrixOfItsRowsDoes()
    {
        using var scope = NewDisposeScope();
        var start = Draw(8, 27);
        Parameter kernel = new(start.reshape(8, 3, 3, 3).clone()), matrix = new(start.clone());
        using AdamW convolution = Optimizer("w", kernel), plain = Optimizer("w", matrix);
        var gradient = Draw(8, 27);
        (kernel.grad, matrix.grad) = (gradient.reshape(8, 3, 3, 3), gradient);

        convolution.Step(0.1);
        plain.Step(0.1);

        Assert.Equal(Numbers(matrix), Numbers(kernel));
        Assert.NotEqual(Numbers(start), Numbers(matrix));
    }

    /// <summary>What a gradient hardly shows is learned as what it shows most, which is what the method is for.</summary>
    [Fact]
    public void AllDirectionsOfAGradientAreTakenAlike()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(zeros(4, 4));
        using var optimizer = Optimizer("w", parameter, decay: 0);
        parameter.grad = diag(tensor(new[] { 1f, 0.5f, 0.2f, 0.1f }));

        optimizer.Step(1);

        // 0.2 · √4 for a singular value of one; the iteration leaves them between 0.7 and 1.2.
        Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(-parameter[i, i].item<float>() / 0.4f, 0.65, 1.25));
        Assert.InRange((parameter - diag(diag(parameter))).abs().max().item<float>(), 0, 1e-6);
    }

    [Fact]
    public void AGradientOfZerosMovesNothing()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(ones(3, 5));
        using var optimizer = Optimizer("w", parameter, decay: 0);
        parameter.grad = zeros(3, 5);

        optimizer.Step(0.1);

        Assert.Equal(Numbers(ones(3, 5)), Numbers(parameter));
    }

    [Theory]
    [InlineData("transformer.resblocks.0.attn.in_proj_weight", true)]
    [InlineData("transformer.resblocks.0.mlp.c_fc.weight", true)]
    [InlineData("visual.layer1.0.conv2.weight", true)]
    [InlineData("visual.layer4.0.downsample.0.weight", true)]
    [InlineData("visual.layer1.0.bn2.weight", false)]
    [InlineData("transformer.resblocks.0.mlp.c_fc.bias", false)]
    [InlineData("visual.conv1.weight", false)] // before the first stage
    [InlineData("visual.attnpool.q_proj.weight", false)] // behind the last
    [InlineData("token_embedding.weight", false)]
    [InlineData("positional_embedding", false)]
    [InlineData("text_projection", false)]
    [InlineData("logit_scale", false)]
    public void ItTakesTheMatricesOfHiddenLayers(string name, bool taken)
    {
        using var model = RandomResNet.Create(seed: 1);
        Assert.Contains(model.named_parameters(), p => p.name == name);

        Assert.Equal(taken, Muon.Takes(new ClipObjective(model).Layout, name));
    }

    [Fact]
    public void ARunThatTrainsNoSuchMatrixIsRefused()
    {
        using var model = RandomResNet.Create(seed: 1);
        foreach (var (name, parameter) in model.named_parameters()) parameter.requires_grad = name == "text_projection";

        var error = Assert.Throws<ClipException>(
            () => new TrainingStep(new ClipObjective(model), new TrainingOptions { Algorithm = OptimizerAlgorithm.Muon }));

        Assert.StartsWith("`Algorithm` is Muon", error.Message, StringComparison.Ordinal);
    }

    private static AdamW Optimizer(string name, Parameter parameter, double decay = 0.2, double factor = 1) =>
        new([], new AdamWOptions(), factors: null, undecayed: null,
            new Muon([(name, parameter)], decay, new Dictionary<string, double> { [name] = factor }));

    private static double[] Numbers(Tensor tensor) => tensor.detach().@double().contiguous().data<double>().ToArray();

    /// <summary>Five times x ← 3.4445 x − 4.7750 (x xᵀ) x + 2.0315 (x xᵀ)² x, from x over its Frobenius norm.</summary>
    private static double[] NewtonSchulz(double[] x, int rows, int columns)
    {
        var norm = Math.Sqrt(x.Sum(v => v * v));
        x = [.. x.Select(v => v / norm)];
        for (var i = 0; i < 5; i++)
        {
            var gram = Times(x, Transposed(x, rows, columns), rows, columns, rows);
            var cubic = Times(gram, x, rows, rows, columns);
            var quintic = Times(gram, cubic, rows, rows, columns);
            x = [.. x.Select((v, k) => (3.4445 * v) - (4.7750 * cubic[k]) + (2.0315 * quintic[k]))];
        }

        return x;
    }

    private static double[] Transposed(double[] x, int rows, int columns) =>
        [.. Enumerable.Range(0, x.Length).Select(i => x[(i % rows * columns) + (i / rows)])];

    private static double[] Times(double[] a, double[] b, int rows, int inner, int columns) =>
    [
        .. from r in Enumerable.Range(0, rows)
           from c in Enumerable.Range(0, columns)
           select Enumerable.Range(0, inner).Sum(k => a[(r * inner) + k] * b[(k * columns) + c]),
    ];

    private Tensor Draw(params long[] shape) => _noise.Draw(shape);
}
