using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.FindingSimilar;

/// <summary>The neighbors, scores and labels of a batch of rows: the outputs 0, 1 and 2.</summary>
internal sealed class Neighbors : IRowBatch
{
    /// <summary>Off by no more than this, a score is that of the same vector.</summary>
    private const float Rounding = 1e-5f;

    private readonly ClipImageIndex _index;
    private readonly ClipFindSimilarEstimator.Options _options;
    private readonly NeighborLabels? _labels;
    private readonly ValueGetter<VBuffer<float>> _features;
    private readonly float[]?[] _queries;
    private readonly IReadOnlyList<ClipSearchResult>[] _found;

    public Neighbors(
        ClipImageIndex index, ClipFindSimilarEstimator.Options options, NeighborLabels? labels, DataViewRow row,
        DataViewSchema.Column input, int capacity)
    {
        (_index, _options, _labels) = (index, options, labels);
        _features = row.GetGetter<VBuffer<float>>(input);
        (_queries, _found) = (new float[capacity][], new IReadOnlyList<ClipSearchResult>[capacity]);
    }

    public void Read(int slot)
    {
        VBuffer<float> features = default;
        _features(ref features);
        var query = features.DenseValues().ToArray();
        // Features that are missing, or of a picture that could not be read, have no neighbors.
        _queries[slot] = query.Length == _index.Dimension && query.All(float.IsFinite) && query.Any(value => value != 0) ? query : null;
    }

    public void Prepare(int count, CancellationToken cancellationToken)
    {
    }

    public void Run(int count)
    {
        int[] asked = [.. Enumerable.Range(0, count).Where(slot => _queries[slot] is not null)];
        for (var slot = 0; slot < count; slot++) _found[slot] = [];
        if (asked.Length == 0) return;
        var found = _index.SearchMany(
            [.. asked.Select(slot => (ReadOnlyMemory<float>)_queries[slot])], new ClipSearchOptions { Top = _options.Asked });
        for (var i = 0; i < asked.Length; i++) _found[asked[i]] = Kept(found[i]);
    }

    public Delegate CreateGetter(int output, Func<int> slot) => output switch
    {
        0 => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
        {
            var found = _found[slot()];
            var editor = VBufferEditor.Create(ref value, _options.Top);
            for (var i = 0; i < _options.Top; i++) editor.Values[i] = i < found.Count ? found[i].Id.AsMemory() : default;
            value = editor.Commit();
        }),
        1 => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var found = _found[slot()];
            var editor = VBufferEditor.Create(ref value, _options.Top);
            for (var i = 0; i < _options.Top; i++) editor.Values[i] = i < found.Count ? found[i].Score : float.NaN;
            value = editor.Commit();
        }),
        _ => (ValueGetter<uint>)((ref uint key) => key = _labels!.Vote(_found[slot()])),
    };

    public void Dispose()
    {
    }

    private IReadOnlyList<ClipSearchResult> Kept(IReadOnlyList<ClipSearchResult> found)
    {
        var self = _options.SkipSelf && found.Count > 0 && found[0].Score >= 1 - Rounding ? 1 : 0;
        return [.. found.Skip(self).Take(_options.Top)];
    }
}
