using Clip.Testing;
using Clip.Trainer.Training;
using CsCheck;

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

    /// <summary>Whatever the schedule: it rises to the peak, leaves it in no leap, never rises again, and ends at its end.</summary>
    [Fact]
    public void EverySchedulesPiecesJoin() => Gen.Select(
        Gen.Enum<LearningRateScheduler>(), Gen.Int[0, 20], Gen.Int[1, 60], Gen.Int[0, 40], Gen.Double[0, 0.9], Gen.Double[0.3, 3])
        .Holds(drawn =>
        {
            var (scheduler, warmup, after, cooldown, end, power) = drawn;
            var total = warmup + after;
            var schedule = new LearningRateSchedule(Peak: 1, warmup, total)
            {
                Scheduler = scheduler,
                CooldownSteps = Math.Min(cooldown, after),
                CooldownEnd = end,
                CooldownPower = power,
            };
            var rates = Enumerable.Range(0, total + 1).Select(step => schedule.At(step)).ToArray();

            for (var step = 0; step < warmup; step++) Assert.Equal((step + 1.0) / warmup, rates[step], 1e-12);
            Assert.Equal(1, rates[warmup], 1e-12);
            for (var step = warmup + 1; step <= total; step++) Assert.InRange(rates[step], 0, rates[step - 1] + 1e-12);
            var fell = scheduler switch
            {
                LearningRateScheduler.Cosine => 0,
                LearningRateScheduler.ConstCooldown when schedule.CooldownSteps > 0 => end,
                _ => 1,
            };
            Assert.Equal(fell, rates[total], 1e-12);
            if (scheduler == LearningRateScheduler.Cosine)
                Assert.Equal(1 - rates[warmup + (after / 4)], rates[warmup + after - (after / 4)], 1e-9);
            if (scheduler == LearningRateScheduler.ConstCooldown)
                Assert.All(rates[warmup..(int)(total - schedule.CooldownSteps + 1)], rate => Assert.Equal(1, rate, 1e-12));
            Assert.All(
                new[] { 2, 0.5 }, peak => Assert.Equal(peak * schedule.At(total / 2), (schedule with
                {
                    Peak = peak,
                    CooldownEnd = peak * end,
                }).At(total / 2), 1e-9));
        });
}
