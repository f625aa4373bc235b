using Clip.Testing;
using CsCheck;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>Batches against rows: whatever is asked for, in batches of any size, is what each row gives by itself.</summary>
public sealed class CursorRulesTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private static readonly string[] Words = ["red", "a photo of green", "", "blue blue thing", "xyzzy", "a"];

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void ACursorGivesWhatItsRowsGiveByThemselves()
    {
        using var model = ClipModel.Open(folder.Path);
        Gen.Select(Gen.Int[0, 45], Gen.Int[1, 12], Gen.Int[0, 255], Gen.Bool, Gen.Int[1, 5]).Holds(
            c =>
            {
                var (count, batchSize, columns, ofImages, skip) = c;
                var input = new TrackedView(_ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(Row).ToArray()));
                ITransformer transformer = ofImages ? Images(model, batchSize).Fit(input) : Texts(model, batchSize).Fit(input);
                Agrees(transformer, input, transformer.Transform(input).Schema.Where(s => (columns >> s.Index & 1) != 0).ToArray(), skip);
                (transformer as IDisposable)?.Dispose();
                Assert.Equal(input.Opened, input.Closed);
            },
            count: 80);
    }

    /// <param name="transformer">What computes.</param>
    /// <param name="input">The data.</param>
    /// <param name="columns">What is asked for of its result.</param>
    /// <param name="every">Values are looked at in one row of so many.</param>
    private static void Agrees(ITransformer transformer, TrackedView input, DataViewSchema.Column[] columns, int every)
    {
        var mapper = transformer.GetRowToRowMapper(input.Schema);
        var source = input.GetRowCursor(input.Schema);
        var row = mapper.GetRow(source, columns.Select(c => mapper.OutputSchema[c.Index]));
        using var cursor = transformer.Transform(input).GetRowCursor(columns);
        var pairs = columns.Select(c => (Row: Reader(row, c.Index), Cursor: Reader(cursor, c.Index))).ToArray();
        var (rowId, cursorId) = (row.GetIdGetter(), cursor.GetIdGetter());
        var position = 0;
        for (; source.MoveNext(); position++)
        {
            Assert.True(cursor.MoveNext(), $"The rows end at {position}.");
            if (position % every != 0) continue;
            DataViewRowId a = default, b = default;
            rowId(ref a);
            cursorId(ref b);
            Assert.Equal((position, TrackedView.IdOf(position), TrackedView.BatchOf(position)), (cursor.Position, b, cursor.Batch));
            Assert.Equal((row.Position, a, row.Batch), (cursor.Position, b, cursor.Batch));
            foreach (var (expected, actual) in pairs) ShouldBe(actual(), expected());
        }

        Assert.False(cursor.MoveNext(), $"There are more than {position} rows.");
        row.Dispose(); // and with it the cursor it reads from
    }

    private static Func<object> Reader(DataViewRow row, int index)
    {
        var column = row.Schema[index];
        if (column.Type.RawType == typeof(int)) return Scalar<int>();
        if (column.Type.RawType == typeof(bool)) return Scalar<bool>();
        if (column.Type is TextDataViewType) return Scalar<ReadOnlyMemory<char>>();
        var item = ((VectorDataViewType)column.Type).ItemType.RawType;
        return item == typeof(byte) ? Vector<byte>() : Vector<float>();

        Func<object> Scalar<T>()
        {
            var getter = row.GetGetter<T>(column);
            return () =>
            {
                T value = default!;
                getter(ref value);
                return value!;
            };
        }

        Func<object> Vector<T>()
        {
            var getter = row.GetGetter<VBuffer<T>>(column);
            VBuffer<T> value = default;
            return () =>
            {
                getter(ref value);
                return value.DenseValues().ToArray();
            };
        }
    }

    private static void ShouldBe(object actual, object expected)
    {
        if (expected is float[] numbers) new[] { (float[])actual }.ShouldBe([numbers]);
        else Assert.Equal($"{expected}", $"{actual}");
        if (expected is byte[] bytes) Assert.Equal(bytes, actual);
    }

    private static DrawnRow Row(int i) => new()
    {
        Number = i * i,
        IsOdd = i % 2 == 1,
        Text = Words[i % Words.Length] + (i % 4 == 0 ? "" : $" {i}"),
        Bytes = TinyFolder.Picture(i % 3, i),
        Extra = i % 3 == 0 ? [] : [i, 0, 0, 0, -i],
    };

    private ClipImageFeaturizingEstimator Images(ClipModel model, int batchSize) => _ml.Transforms.ClipFeaturizeImage(
        new ClipImageFeaturizingEstimator.Options { InputColumnName = "Bytes", Model = model, BatchSize = batchSize });

    private ClipTextFeaturizingEstimator Texts(ClipModel model, int batchSize) => _ml.Transforms.ClipFeaturizeText(
        new ClipTextFeaturizingEstimator.Options { InputColumnName = "Text", Model = model, BatchSize = batchSize });

    private sealed class DrawnRow
    {
        public int Number { get; set; }

        public bool IsOdd { get; set; }

        public string Text { get; set; } = "";

        public byte[] Bytes { get; set; } = [];

        public float[] Extra { get; set; } = [];
    }
}
