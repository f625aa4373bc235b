namespace Clip.Trainer.Reporting;

/// <summary>Durations for the eye.</summary>
internal static class Duration
{
    /// <summary>hh:mm:ss, with days before it where there are any.</summary>
    public static string Of(TimeSpan time) => FormattableString.Invariant($"{(time.Days > 0 ? $"{time.Days}d " : "")}{time:hh\\:mm\\:ss}");
}
