using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>A training's memory goes when it is disposed, not when the garbage collector comes to it: a GPU's is soon full.</summary>
public sealed class StepDisposalTests : IDisposable
{
    private readonly ClipModel _model = TrainingStepTests.Model();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(OptimizerAlgorithm.AdamW, TrainingPrecision.Fp32, false)]
    [InlineData(OptimizerAlgorithm.AdamW, TrainingPrecision.Fp32, true)]
    [InlineData(OptimizerAlgorithm.Muon, TrainingPrecision.Fp32, false)]
    [InlineData(OptimizerAlgorithm.Muon, TrainingPrecision.Fp16, true)]
    public void AStepsStateGoesWithIt(OptimizerAlgorithm algorithm, TrainingPrecision precision, bool readsNothing)
    {
        using var scope = NewDisposeScope();
        var (pixels, ids) = (TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4));
        var options = new TrainingOptions { Algorithm = algorithm, Precision = precision, ModelEmaDecay = 0.9, GradClipNorm = 1 };
        var before = Live();
        var step = new TrainingStep(new ClipObjective(_model), options) { ReadsNothing = readsNothing };
        step.Take(pixels, ids, 1e-3);
        var state = step.State.Select(s => s.Value).ToList();
        Assert.DoesNotContain(state, tensor => tensor.IsInvalid);

        step.Dispose();

        Assert.All(state, tensor => Assert.True(tensor.IsInvalid));
        Assert.Equal(before, Live());
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Fp16)]
    public async Task AStepLeavesNothingInTheLoop(TrainingPrecision precision)
    {
        var live = new List<long>();
        var options = new TrainingOptions { BatchSize = 4, MaxSteps = 12, ModelEmaDecay = 0.9, Precision = precision };
        using var loop = new TrainingLoop(
            new ClipObjective(_model), 16, options, new DrawnPairs(100) { BeforeBatch = _ => live.Add(Live()) }, validator: null,
            checkpoints: null);

        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.Equal(12, live.Count);
        Assert.All(live[3..], count => Assert.Equal(live[^1], count));
    }

    /// <summary>In float16 the next step is under way when the one before turns out to be no number.</summary>
    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Fp16)]
    public void ALoopThatFailedLeavesNothingWhenItIsDisposed(TrainingPrecision precision)
    {
        var before = Live();
        var options = new TrainingOptions { BatchSize = 4, MaxSteps = 12, Precision = precision };
        var loop = new TrainingLoop(
            new ClipObjective(_model), 16, options, new DrawnPairs(100) { Broken = 4 }, validator: null, checkpoints: null);
        Assert.Throws<ClipException>(() => loop.RunAsync(CancellationToken.None).GetAwaiter().GetResult());

        loop.Dispose();

        Assert.Equal(before, Live());
    }

    /// <summary>Tensors that this thread has made and nobody has disposed.</summary>
    private static long Live() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}
