using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.FewShot;

/// <summary>The scores and predicted labels of a batch of rows: the outputs 0 and 1. Features that are not finite have none.</summary>
internal sealed class FewShotScores : IRowBatch
{
    private readonly FewShotMemory _memory;
    private readonly ValueGetter<VBuffer<float>> _features;
    private readonly float[][] _rows;
    private readonly float[][] _scores;

    public FewShotScores(FewShotMemory memory, DataViewRow row, DataViewSchema.Column input, int capacity)
    {
        (_memory, _features) = (memory, row.GetGetter<VBuffer<float>>(row.Schema[input.Index]));
        _rows = new float[capacity][];
        _scores = [.. Enumerable.Range(0, capacity).Select(_ => new float[memory.Labels.Count])];
    }

    public void Read(int slot)
    {
        VBuffer<float> features = default;
        _features(ref features);
        _rows[slot] = [.. features.DenseValues()];
    }

    public void Prepare(int count, CancellationToken cancellationToken)
    {
    }

    public void Run(int count)
    {
        for (var slot = 0; slot < count; slot++)
        {
            if (_rows[slot].All(float.IsFinite)) _memory.Score(_rows[slot], _scores[slot]);
            else Array.Fill(_scores[slot], float.NaN);
        }
    }

    public Delegate CreateGetter(int output, Func<int> slot) => LabelScores.Getter(output, _memory.Labels.Count, _scores, slot);

    public void Dispose()
    {
    }
}
