using System.Numerics.Tensors;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.ZeroShot;

/// <summary>The columns that every classifier by labels adds: a score for each label, and the most probable label.</summary>
internal static class LabelScores
{
    /// <summary>The columns, before the labels are known.</summary>
    public static SchemaShape.Column[] Shapes(string score, string predicted) =>
        [MlNet.VectorShape(score, NumberDataViewType.Single), MlNet.KeyShape(predicted)];

    /// <summary>The columns: the outputs 0 and 1.</summary>
    public static DataViewSchema.DetachedColumn[] Columns(string score, string predicted, IReadOnlyList<string> labels) =>
        [VectorColumns.Vector(score, labels), VectorColumns.Key(predicted, labels)];

    /// <summary>Refuses columns to add of which two have one name.</summary>
    /// <exception cref="ArgumentException">They have.</exception>
    public static void CheckNames(IEnumerable<string> names)
    {
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"Two of the columns to add are named '{twice.Key}'; give each its own name.");
    }

    /// <summary>The getter of an output; scores that are no numbers have no label.</summary>
    /// <param name="output">0 or 1.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <param name="scores">The scores of a batch, [rows][labels].</param>
    /// <param name="slot">The row that is asked for.</param>
    public static Delegate Getter(int output, int labels, float[][] scores, Func<int> slot) => output switch
    {
        0 => VectorColumns.VectorGetter(labels, () => scores[slot()]),
        _ => (ValueGetter<uint>)((ref uint key) =>
        {
            var row = scores[slot()];
            key = float.IsNaN(row[0]) ? 0 : (uint)TensorPrimitives.IndexOfMax<float>(row) + 1;
        }),
    };
}
