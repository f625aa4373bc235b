using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.FewShot;

/// <summary>Labeled features.</summary>
/// <param name="Rows">[rows][D].</param>
/// <param name="Labels">For each the number of its label, from 0.</param>
internal sealed record FewShotExamples(IReadOnlyList<float[]> Rows, IReadOnlyList<int> Labels)
{
    /// <summary>Reads those that have a label and finite features.</summary>
    public static FewShotExamples Read(IDataView data, DataViewSchema.Column features, DataViewSchema.Column label)
    {
        var (rows, labels) = (new List<float[]>(), new List<int>());
        using var cursor = data.GetRowCursor([features, label]);
        var getFeatures = cursor.GetGetter<VBuffer<float>>(cursor.Schema[features.Index]);
        var getKey = Keys(cursor, cursor.Schema[label.Index]);
        VBuffer<float> values = default;
        while (cursor.MoveNext())
        {
            getFeatures(ref values);
            var key = getKey();
            float[] row = [.. values.DenseValues()];
            if (key == 0 || !row.All(float.IsFinite)) continue;
            rows.Add(row);
            labels.Add(checked((int)key - 1));
        }

        return new FewShotExamples(rows, labels);
    }

    /// <summary>A key as a number, whatever integer it is kept in.</summary>
    private static Func<ulong> Keys(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        return column.Type.RawType switch
        {
            var type when type == typeof(byte) => Of<byte>(),
            var type when type == typeof(ushort) => Of<ushort>(),
            var type when type == typeof(uint) => Of<uint>(),
            _ => Of<ulong>(),
        };

        Func<ulong> Of<T>()
            where T : System.Numerics.INumber<T>
        {
            var getter = cursor.GetGetter<T>(column);
            return () =>
            {
                var value = T.Zero;
                getter(ref value);
                return ulong.CreateChecked(value);
            };
        }
    }
}
