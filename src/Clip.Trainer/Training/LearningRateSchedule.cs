namespace Clip.Trainer.Training;

/// <summary>What the learning rate does after the warm-up; open_clip's <c>--lr-scheduler</c>.</summary>
public enum LearningRateScheduler
{
    /// <summary>Half a cosine down to zero.</summary>
    Cosine,

    /// <summary>It stays.</summary>
    Const,

    /// <summary>It stays, and falls in the last epochs.</summary>
    ConstCooldown,
}

/// <summary>The end of a constant schedule, as open_clip's <c>const_lr_cooldown</c>.</summary>
/// <param name="Epochs">How many of the last epochs it takes.</param>
/// <param name="End">The learning rate it falls to.</param>
/// <param name="Power">The fall is (1 − share)^power; 1 is linear.</param>
public sealed record Cooldown(double Epochs, double End = 0, double Power = 1);

/// <summary>
/// Linear warm-up to the peak, then what the scheduler says: open_clip's <c>cosine_lr</c>, <c>const_lr</c> and <c>const_lr_cooldown</c>.
/// </summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="Warmup">Steps of warm-up.</param>
/// <param name="Total">Steps of the whole run.</param>
public sealed record LearningRateSchedule(double Peak, long Warmup, long Total)
{
    /// <summary>What follows the warm-up.</summary>
    public LearningRateScheduler Scheduler { get; init; }

    /// <summary>Steps of the fall at the end of <see cref="LearningRateScheduler.ConstCooldown"/>.</summary>
    public long CooldownSteps { get; init; }

    /// <summary>What it falls to.</summary>
    public double CooldownEnd { get; init; }

    /// <summary>How it falls.</summary>
    public double CooldownPower { get; init; } = 1;

    /// <summary>The learning rate of a step, counted from 0.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="share">
    /// The share of a run's time that is spent; where it is ahead of the steps, the fall goes by it. Warm-up is by steps alone.
    /// </param>
    public double At(long step, double share = 0)
    {
        if (step < Warmup) return Peak * (step + 1) / Warmup;
        var position = Math.Min(Math.Max(step, share * Total), Total);
        if (Scheduler == LearningRateScheduler.Const) return Peak;
        if (Scheduler == LearningRateScheduler.Cosine)
            return 0.5 * (1 + Math.Cos(Math.PI * (position - Warmup) / Math.Max(1, Total - Warmup))) * Peak;

        var start = Total - CooldownSteps;
        if (position < start || CooldownSteps == 0) return Peak;
        return (Math.Pow(1 - ((position - start) / CooldownSteps), CooldownPower) * (Peak - CooldownEnd)) + CooldownEnd;
    }
}
