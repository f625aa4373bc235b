namespace Clip.Trainer.Training;

/// <summary>Linear warm-up to the peak, then half a cosine down to zero: open_clip's <c>cosine_lr</c>.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="Warmup">Steps of warm-up.</param>
/// <param name="Total">Steps of the whole run.</param>
public sealed record LearningRateSchedule(double Peak, long Warmup, long Total)
{
    /// <summary>The learning rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < Warmup) return Peak * (step + 1) / Warmup;
        var progress = (double)(step - Warmup) / Math.Max(1, Total - Warmup);
        return 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress))) * Peak;
    }
}
