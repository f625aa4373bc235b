using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>How often columns are computed: where a value is asked for, and then once, by a cursor as by a row.</summary>
public sealed class ComputingTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<Batch> _batches = [];
    private readonly IDataView _input;
    private readonly BatchedColumns _columns;
    private bool _fails;

    public ComputingTests()
    {
        _input = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(i => new Row { Number = i, Other = -i }));
        _columns = new BatchedColumns(
            [new("Doubled", NumberDataViewType.Single)], _input.Schema["Number"], 4,
            (row, capacity, _) =>
            {
                _batches.Add(new Batch(row, capacity, () => _fails));
                return _batches[^1];
            });
    }

    private IHost Host => ((IHostEnvironment)_ml).Register("test");

    [Fact]
    public void ABatchIsComputedOnce_HoweverOftenItsValuesAreAskedFor()
    {
        using (var cursor = View().GetRowCursor(View().Schema))
        {
            var (one, two) = (Getter(cursor, "Doubled"), Getter(cursor, "Doubled"));
            for (var i = 0; cursor.MoveNext(); i++) Assert.Equal([2f * i, 2f * i, 2f * i], [one(), two(), one()]);
        }

        // Batches of 1, 4, 4 and 3 rows.
        Assert.Equal((4, 4), (_batches.Sum(batch => batch.Prepared), _batches.Sum(batch => batch.Runs)));
        Assert.All(_batches, batch => Assert.Equal(1, batch.Disposed));
    }

    [Fact]
    public void WhereNoComputedValueIsReadNothingIsPrepared()
    {
        using var cursor = View().GetRowCursor(View().Schema);
        var other = Getter(cursor, "Other");

        for (var i = 0; cursor.MoveNext(); i++) Assert.Equal(-i, other());

        Assert.Equal((0, 0), (_batches.Sum(batch => batch.Prepared), _batches.Sum(batch => batch.Runs)));
    }

    /// <summary>Batches take turns in two places, and a getter knows both, whichever is read when it is made.</summary>
    [Fact]
    public void AGetterMayBeMadeAtAnyRow()
    {
        using var cursor = View().GetRowCursor(View().Schema);
        var getters = new List<Func<float>>();
        for (var i = 0; cursor.MoveNext(); i++)
        {
            getters.Add(Getter(cursor, "Doubled"));
            getters.Add(Getter(cursor, "Other"));
            Assert.All(getters.Chunk(2), pair => Assert.Equal((2f * i, -i), (pair[0](), pair[1]())));
        }
    }

    [Fact]
    public void WhatFailedMayBeAskedForAgain_AndIsNotPreparedAnew()
    {
        using var cursor = View().GetRowCursor(View().Schema);
        var doubled = Getter(cursor, "Doubled");
        Assert.True(cursor.MoveNext());
        Assert.True(cursor.MoveNext());
        _fails = true;
        Assert.Throws<IOException>(() => doubled());

        _fails = false;

        Assert.Equal(2, doubled());
        Assert.Equal(1, _batches.Where(batch => batch.Runs > 0).Max(batch => batch.Prepared));
    }

    [Fact]
    public void ACursorClosedWithinABatchHasNoFurtherRows()
    {
        using var cursor = View().GetRowCursor(View().Schema);
        for (var i = 0; i < 3; i++) Assert.True(cursor.MoveNext());

        cursor.Dispose();

        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void ARowIsComputedOnce_AndGivesItsBatchBack()
    {
        using (var source = _input.GetRowCursor(_input.Schema))
        {
            var row = Mapper().GetRow(source, Mapper().OutputSchema);
            var (one, two) = (Getter(row, "Doubled"), Getter(row, "Doubled"));
            for (var i = 0; source.MoveNext(); i++) Assert.Equal([2f * i, 2f * i, 2f * i], [one(), two(), one()]);
            row.Dispose();
        }

        var batch = Assert.Single(_batches);
        Assert.Equal((12, 12, 1), (batch.Prepared, batch.Runs, batch.Disposed));
    }

    /// <summary>As a prediction engine whose output has none of the computed columns.</summary>
    [Fact]
    public void ARowOfNothingComputedTakesNothingToComputeFrom()
    {
        using var source = _input.GetRowCursor([_input.Schema["Other"]]);
        var mapper = Mapper();
        var (number, other, doubled) = (mapper.OutputSchema["Number"], mapper.OutputSchema["Other"], mapper.OutputSchema["Doubled"]);

        using var row = mapper.GetRow(source, [other]);

        Assert.Empty(_batches);
        Assert.Equal([false, true, false], new[] { number, other, doubled }.Select(row.IsColumnActive));
        Assert.Contains("'Doubled' is not active", Assert.Throws<InvalidOperationException>(() => row.GetGetter<float>(doubled)).Message);
        Assert.True(source.MoveNext());
        Assert.Equal(0, Getter(row, "Other")());
    }

    [Fact]
    public void ARowTellsWhichOfItsColumnsAreComputed()
    {
        using var source = _input.GetRowCursor(_input.Schema);
        var doubled = Mapper().OutputSchema["Doubled"];

        using var row = Mapper().GetRow(source, [doubled]);

        Assert.True(row.IsColumnActive(doubled));
        Assert.Contains("'Doubled' is of type", Assert.Throws<InvalidOperationException>(() => row.GetGetter<int>(doubled)).Message);
    }

    [Fact]
    public void CancellingTheContextEndsComputingRowByRow()
    {
        using var source = _input.GetRowCursor(_input.Schema);
        using var row = Mapper().GetRow(source, Mapper().OutputSchema);
        var doubled = Getter(row, "Doubled");
        Assert.True(source.MoveNext());
        Assert.Equal(0, doubled());
        Assert.True(source.MoveNext());

        _ml.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => doubled());
    }

    private BatchedDataView View() => new(Host, _input, _columns);

    private BatchedRowMapper Mapper() => new(Host, _input.Schema, _columns);

    private static Func<float> Getter(DataViewRow row, string column)
    {
        var getter = row.GetGetter<float>(row.Schema[column]);
        return () =>
        {
            var value = float.NaN;
            getter(ref value);
            return value;
        };
    }

    private sealed class Batch(DataViewRow row, int capacity, Func<bool> fails) : IRowBatch
    {
        private readonly ValueGetter<float> _number = row.GetGetter<float>(row.Schema["Number"]);
        private readonly float[] _numbers = new float[capacity], _doubled = new float[capacity];

        public int Prepared { get; private set; }

        public int Runs { get; private set; }

        public int Disposed { get; private set; }

        public void Read(int slot) => _number(ref _numbers[slot]);

        public void Prepare(int count, CancellationToken cancellationToken) => Prepared++;

        public void Run(int count)
        {
            if (fails()) throw new IOException("It fails.");
            Runs++;
            for (var i = 0; i < count; i++) _doubled[i] = 2 * _numbers[i];
        }

        public Delegate CreateGetter(int output, Func<int> slot) => (ValueGetter<float>)((ref float value) => value = _doubled[slot()]);

        public void Dispose() => Disposed++;
    }

    private sealed class Row
    {
        public float Number { get; set; }

        public float Other { get; set; }
    }
}
