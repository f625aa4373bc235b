using System.Diagnostics.Metrics;

namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>What a tower's queue counts, under OpenTelemetry's naming rules.</summary>
internal sealed class BatchMetrics
{
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private readonly Meter _meter;
    private readonly KeyValuePair<string, object?> _tower;
    private readonly Counter<long> _inputs;
    private readonly Counter<long> _refused;
    private readonly Histogram<int> _size;
    private readonly Histogram<double> _duration;

    public BatchMetrics(Meter meter, string tower)
    {
        _meter = meter;
        _tower = new("clip.tower", tower);
        _inputs = meter.CreateCounter<long>("clip.server.inputs", "{input}", "Pictures or texts that were embedded.");
        _refused = meter.CreateCounter<long>("clip.server.refused", "{request}", "Requests that were refused for a full queue.");
        _size = meter.CreateHistogram(
            "clip.server.batch.size", "{input}", "Inputs of a run.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        _duration = meter.CreateHistogram(
            "clip.server.batch.duration", "s", "Time of a run.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
    }

    public void Ran(int inputs, TimeSpan time)
    {
        _inputs.Add(inputs, _tower);
        _size.Record(inputs, _tower);
        _duration.Record(time.TotalSeconds, _tower);
    }

    public void Refused() => _refused.Add(1, _tower);

    public void ObserveQueue(Func<int> length) => _meter.CreateObservableUpDownCounter(
        "clip.server.queue", () => new Measurement<int>(length(), _tower), "{input}", "Inputs that wait or run.");
}
