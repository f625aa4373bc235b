using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

public class LearningRateScheduleTests
{
    [Fact]
    public void RisesLinearlyThenFallsAsACosine()
    {
        var schedule = new LearningRateSchedule(Peak: 1, Warmup: 4, Total: 12);

        Assert.Equal([0.25, 0.5, 0.75, 1], Enumerable.Range(0, 4).Select(step => schedule.At(step)));
        Assert.Equal(1, schedule.At(4));
        Assert.Equal(0.5, schedule.At(8), 12);
        Assert.Equal(0, schedule.At(12), 12);
    }
}
