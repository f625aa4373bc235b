using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Clip.Trainer.Training.AdamW;

namespace Clip.Trainer.Tests.Training;

/// <summary>The optimizer's step where nothing is read from the device is the one that reads.</summary>
public sealed class AdamWOnDeviceTests : IDisposable
{
    /// <summary>Of this size, so that a gradient's size is not divided out of the step.</summary>
    private static readonly AdamWOptions Options = new(Epsilon: 0.1);

    private readonly Noise _noise = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _noise.Dispose();
    }

    /// <summary>Gradients of a scaled loss are as much larger; norm, limit and step are those of the loss itself.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(0.5)]
    [InlineData(1e6)]
    public void AScaledLossGivesTheStepOfTheLossItself(double? most)
    {
        var start = Draw(4, 6);
        var (read, unread) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using AdamW expected = new([("w", read)], Options), actual = new([("w", unread)], Options);
        using var scaler = new LossScaler(CPU);
        for (var step = 0; step < 3; step++)
        {
            read.grad = Draw(4, 6);
            unread.grad = read.grad * 65536f;

            var norm = expected.Step(1e-2, most);

            Assert.Equal(norm, actual.StepOnDevice(1e-2, most, tensor(1f), scaler).item<double>(), 1e-5);
            AssertSame(expected, actual, (read, unread));
        }
    }

    /// <summary>A gradient may be all numbers though the loss is none.</summary>
    [Fact]
    public void ALossThatIsNoNumberChangesNothingButTheScale()
    {
        var parameter = new Parameter(ones(4, 6));
        using var optimizer = new AdamW([("w", parameter)], Options);
        using var scaler = new LossScaler(CPU);
        parameter.grad = Draw(4, 6);

        optimizer.StepOnDevice(1e-2, null, tensor(float.NaN), scaler);

        Assert.Equal(ones(4, 6).data<float>().ToArray(), parameter.data<float>().ToArray());
        Assert.All(optimizer.State, s => Assert.Equal(0, s.Value.abs().sum().item<float>()));
        Assert.Equal(32768, scaler.State.First().Value.item<float>());
    }

    /// <summary>An objective may use a parameter in some steps only: it moves in those, and no other loses its moments.</summary>
    [Fact]
    public void ParametersThatHaveGradientsInSomeStepsMoveInThose()
    {
        string[] names = ["a", "b", "bias"];
        var starts = names.Select(name => name == "bias" ? Draw(5) : Draw(3, 5)).ToArray();
        Parameter[] read = [.. starts.Select(s => new Parameter(s.clone()))], unread = [.. starts.Select(s => new Parameter(s.clone()))];
        using AdamW expected = new(names.Zip(read), Options), actual = new(names.Zip(unread), Options);
        foreach (var used in new int[][] { [0], [0, 1], [1, 2], [0, 1, 2], [2], [2], [0, 1] })
        {
            for (var i = 0; i < names.Length; i++)
                (read[i].grad, unread[i].grad) = used.Contains(i) && Draw(starts[i].shape) is var g ? (g, g.clone()) : (null, null);

            Assert.Equal(expected.Step(1e-2, 1), actual.StepOnDevice(1e-2, 1, tensor(1f), scaler: null).item<double>(), 1e-5);

            AssertSame(expected, actual, [.. read.Zip(unread)]);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void MuonsMatricesStayWhereAnyGradientIsNoNumber(float value)
    {
        Parameter matrix = new(Draw(4, 6)), bias = new(ones(4));
        using var optimizer = WithMuon(matrix, bias);
        (matrix.grad, bias.grad) = (Draw(4, 6), ones(4));
        optimizer.StepOnDevice(1e-2, 1, tensor(1f), scaler: null);
        var before = Everything();

        (matrix.grad, bias.grad) = (Draw(4, 6), full([4], value));
        optimizer.StepOnDevice(1e-2, 1, tensor(1f), scaler: null);
        Assert.Equal(before, Everything());
        optimizer.Step(1e-2, 1);
        Assert.Equal(before, Everything());

        float[] Everything() =>
            [.. matrix.data<float>(), .. bias.data<float>(), .. optimizer.State.SelectMany(s => s.Value.data<float>().ToArray())];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMatrixOfMuonsWithoutAGradientStaysThoughItHasMomentum(bool onDevice)
    {
        Parameter matrix = new(Draw(4, 6)), bias = new(ones(4));
        using var optimizer = WithMuon(matrix, bias);
        (matrix.grad, bias.grad) = (Draw(4, 6), ones(4));
        Step();
        var (before, biasBefore) = (matrix.data<float>().ToArray(), bias.data<float>().ToArray());

        optimizer.ZeroGrad();
        Assert.Null(matrix.grad);
        bias.grad = ones(4);
        Step();

        Assert.Equal(before, matrix.data<float>().ToArray());
        Assert.NotEqual(biasBefore, bias.data<float>().ToArray());

        void Step()
        {
            if (onDevice) optimizer.StepOnDevice(1e-2, 1, tensor(1f), scaler: null);
            else optimizer.Step(1e-2, 1);
        }
    }

    /// <summary>Gradients may lie in memory in another order than they are counted in.</summary>
    [Fact]
    public void AGradientThatLiesCrosswiseIsTakenByItsPlaces()
    {
        var start = Draw(3, 70);
        Parameter straight = new(start.clone()), crossed = new(start.clone());
        using AdamW one = new([("w", straight)], Options), other = new([("w", crossed)], Options);
        var gradient = Draw(3, 70);
        (straight.grad, crossed.grad) = (gradient, gradient.t().contiguous().t());
        Assert.False(crossed.grad!.is_contiguous());

        Assert.Equal(one.Step(1e-2, 1), other.Step(1e-2, 1), 1e-6);

        AssertSame(one, other, (straight, crossed));
    }

    /// <summary>A vocabulary is large: its rows are several pieces of work, and the last is smaller.</summary>
    [Theory]
    [InlineData(20_001, 8)]
    [InlineData(3, 70_000)] // wider than a piece
    public void FewRowsOfALargeTableCountAsTheWholeGradientWould(int rows, int width)
    {
        var start = Draw(rows, width);
        Parameter few = new(start.clone()), whole = new(start.clone());
        using AdamW sparse = new([("w", few)], Options), dense = new([("w", whole)], Options);
        using var table = nn.Embedding_from_pretrained(start, freeze: false, sparse: true);
        for (var step = 0; step < 2; step++)
        {
            table.forward(tensor(new long[] { 0, rows - 1, rows / 2, rows - 1, 1 })).Squared().sum().backward();
            (few.grad, whole.grad, table.weight!.grad) = (table.weight.grad, table.weight.grad!.to_dense(), null);

            Assert.Equal(dense.Step(1e-2, 1), sparse.Step(1e-2, 1), 1e-4);
        }

        AssertSame(dense, sparse, (whole, few));
    }

    private static AdamW WithMuon(Parameter matrix, Parameter bias) =>
        new([("bias", bias)], Options, factors: null, undecayed: null, new Muon([("w", matrix)], weightDecay: 0.3, factors: null));

    private static void AssertSame(AdamW expected, AdamW actual, params (Parameter Expected, Parameter Actual)[] parameters)
    {
        Assert.Equal(expected.Steps, actual.Steps);
        Assert.Equal(expected.State.Select(s => s.Name), actual.State.Select(s => s.Name));
        var tensors = expected.State.Zip(actual.State, (a, b) => (a.Value, b.Value)).Concat(parameters.Select(p => ((Tensor, Tensor))p));
        Assert.All(tensors, pair => Assert.InRange((pair.Item1 - pair.Item2).abs().max().item<float>(), 0, 1e-6));
    }

    private Tensor Draw(params long[] shape) => _noise.Draw(shape);
}
