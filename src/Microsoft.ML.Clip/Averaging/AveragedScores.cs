using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Averaging;

/// <summary>The averages and predicted labels of a batch of rows: the outputs 0 and 1.</summary>
internal sealed class AveragedScores(ScoreAverage average, DataViewRow row, DataViewSchema.Column input, int capacity) : IRowBatch
{
    private readonly ValueGetter<VBuffer<float>> _input = row.GetGetter<VBuffer<float>>(row.Schema[input.Index]);
    private readonly float[][] _averages = [.. Enumerable.Range(0, capacity).Select(_ => new float[average.Labels.Count])];

    public void Read(int slot)
    {
        VBuffer<float> scores = default;
        _input(ref scores);
        average.Of([.. scores.DenseValues()], _averages[slot]);
    }

    public void Prepare(int count, CancellationToken cancellationToken)
    {
    }

    public void Run(int count)
    {
    }

    public Delegate CreateGetter(int output, Func<int> slot) => LabelScores.Getter(output, average.Labels.Count, _averages, slot);

    public void Dispose()
    {
    }
}
