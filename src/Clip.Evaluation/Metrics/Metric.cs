namespace Clip.Evaluation.Metrics;

/// <summary>A metric by CLIP_benchmark's name.</summary>
/// <param name="Name">Such as <c>acc1</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Statistic">What it is made of, picture by picture; null where it is not kept.</param>
/// <param name="Interval">Its bounds by the bootstrap; null where it was not drawn.</param>
internal sealed record Metric(string Name, double Value, Statistic? Statistic = null, Interval? Interval = null)
{
    /// <summary>A metric of a statistic, with its bounds.</summary>
    public static Metric Of(string name, Statistic statistic, Bootstrap bootstrap) =>
        new(name, statistic.Value, statistic, bootstrap.Of(statistic));
}
