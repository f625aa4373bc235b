namespace Clip.Trainer.Tests.Reporting;

/// <summary>A clock that the test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(double seconds) => _passed += TimeSpan.FromSeconds(seconds);

    public override DateTimeOffset GetUtcNow() => Noon + _passed;

    public override long GetTimestamp() => _passed.Ticks;
}
