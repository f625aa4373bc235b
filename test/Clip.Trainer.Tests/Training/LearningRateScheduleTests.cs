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

    [Fact]
    public void AConstantOneStays()
    {
        var schedule = new LearningRateSchedule(Peak: 1, Warmup: 4, Total: 12) { Scheduler = LearningRateScheduler.Const };

        Assert.Equal([0.5, 1, 1], new[] { schedule.At(1), schedule.At(4), schedule.At(11) });
    }

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(1, 8, 1)] // the fall begins
    [InlineData(1, 10, 0.6)] // half-way down to 0.2
    [InlineData(2, 10, 0.4)] // 0.2 + 0.8 · (1/2)²
    [InlineData(1, 12, 0.2)]
    public void ACooldownFallsAtTheEnd(double power, long step, double rate)
    {
        var schedule = new LearningRateSchedule(Peak: 1, Warmup: 2, Total: 12)
        {
            Scheduler = LearningRateScheduler.ConstCooldown,
            CooldownSteps = 4,
            CooldownEnd = 0.2,
            CooldownPower = power,
        };

        Assert.Equal(rate, schedule.At(step), 12);
    }

    [Fact]
    public void TimeThatIsAheadOfTheStepsMovesTheFallButNotTheWarmup()
    {
        var schedule = new LearningRateSchedule(Peak: 1, Warmup: 4, Total: 12);

        Assert.Equal(schedule.At(1), schedule.At(1, share: 0.9));
        Assert.Equal(0.5, schedule.At(5, share: 8 / 12.0), 12);
        Assert.Equal(schedule.At(8), schedule.At(8, share: 0.1));
        Assert.Equal(0, schedule.At(5, share: 1.1), 12);
    }
}
