using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>Nothing runs beside these: memory is the whole process's.</summary>
[CollectionDefinition(nameof(StepMemoryTests), DisableParallelization = true)]
[Collection(nameof(StepMemoryTests))]
public sealed class StepMemoryTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void HundredsOfStepsLeaveNothingBehind(int parts, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        var options = new TrainingOptions
        {
            AccumFrequency = parts,
            GradCheckpointing = checkpointing,
            ModelEmaDecay = 0.9,
            GradClipNorm = 1,
        };
        using var step = new TrainingStep(new ClipObjective(model), options);
        var (pixels, ids) = (TrainingStepTests.Pixels(8), TrainingStepTests.Ids(8));
        Take(50);
        var (tensors, managed) = Memory();

        Take(300);

        var (tensorsAfter, managedAfter) = Memory();
        Assert.Equal(tensors, tensorsAfter);
        Assert.InRange(managedAfter - managed, long.MinValue, 100_000); // 333 bytes a step; a tensor's wrapper is larger

        void Take(int count)
        {
            for (var i = 0; i < count; i++) step.Take(pixels, ids, 1e-3);
        }
    }

    private static (long Tensors, long Managed) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (DisposeScopeManager.Statistics.ThreadTotalLiveCount, GC.GetTotalMemory(forceFullCollection: true));
    }
}
