using System.Diagnostics;
using System.Globalization;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;

namespace Clip.Cli.Reporting;

/// <summary>Measures a few steps of a run, stops it, and says what the whole would take.</summary>
/// <param name="say">Told the findings, a line at a time.</param>
/// <param name="cancellation">The user's.</param>
internal sealed class DryRun(Action<string> say, CancellationToken cancellation) : IRunListener
{
    private const int Measured = 6;

    private readonly CancellationTokenSource _enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly List<StepReport> _steps = [];
    private RunStart _start = null!;

    /// <summary>Stops the run when enough is measured.</summary>
    public CancellationToken Enough => _enough.Token;

    public void Start(RunStart start) => _start = start;

    public void Step(StepReport step)
    {
        _steps.Add(step);
        if (_steps.Count == Measured) _enough.Cancel();
    }

    public void Validation(ValidationReport validation)
    {
    }

    public void End(RunEnd end)
    {
        foreach (var (name, value) in end.Facts) Line(name, value);
        using var process = Process.GetCurrentProcess();
        var (state, peak) = (Size(_start.StateBytes), Size(process.PeakWorkingSet64));
        var available = Size(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        Line("memory", $"{state} for weights, gradients and optimizer; {peak} for all of this process at its peak, of {available}");
        if (_steps.Count == 0) return;
        // The first step fills pipelines and caches.
        var steps = _steps.Count > 1 ? _steps[1..] : _steps;
        var seconds = steps.Average(s => s.Seconds);
        var waited = 100 * steps.Sum(s => s.DataWaitSeconds) / steps.Sum(s => s.Seconds);
        Line("a step", $"{1000 * seconds:F0} ms, {waited:F0} % of it waiting for data; measured on {steps.Count}");
        Line("time", $"{Duration.Of(TimeSpan.FromSeconds(seconds * _start.TotalSteps))} without validations");
    }

    public void Dispose() => _enough.Dispose();

    private void Line(string name, FormattableString value) => Line(name, value.ToString(CultureInfo.InvariantCulture));

    private void Line(string name, string value) => say($"{name,-14} {value}");

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");
}
