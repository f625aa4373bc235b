using System.Diagnostics;
using System.Globalization;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;

namespace Clip.Cli.Reporting;

/// <summary>What a training would take, for people.</summary>
internal static class MeasurementText
{
    public static IEnumerable<string> Lines(RunMeasurement measured)
    {
        foreach (var (name, value) in measured.Facts) yield return Line(name, value);
        using var process = Process.GetCurrentProcess();
        var (state, peak) = (Size(measured.StateBytes), Size(process.PeakWorkingSet64));
        var available = Size(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        yield return Line(
            "memory", $"{state} for weights, gradients and optimizer; {peak} for all of this process at its peak, of {available}");
        if (measured.DeviceMemory.Length > 0) yield return Line("GPU's memory", measured.DeviceMemory);
        if (measured.Steps.Count == 0) yield break;
        // The first step fills pipelines and caches.
        var steps = measured.Steps.Count > 1 ? measured.Steps.Skip(1).ToArray() : measured.Steps;
        var seconds = steps.Average(s => s.Seconds);
        var waited = 100 * steps.Sum(s => s.DataWaitSeconds) / steps.Sum(s => s.Seconds);
        yield return Line("a step", $"{1000 * seconds:F0} ms, {waited:F0} % of it waiting for data; measured on {steps.Count}");
        yield return Line("time", $"{Duration.Of(TimeSpan.FromSeconds(seconds * measured.TotalSteps))} without validations");
    }

    private static string Line(string name, FormattableString value) => Line(name, value.ToString(CultureInfo.InvariantCulture));

    private static string Line(string name, string value) => $"{name,-14} {value}";

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");
}
