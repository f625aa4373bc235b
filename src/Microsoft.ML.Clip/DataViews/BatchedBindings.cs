namespace Microsoft.ML.Clip.DataViews;

/// <summary>The input's columns followed by the computed ones, and who needs whom.</summary>
internal sealed class BatchedBindings
{
    private readonly DataViewSchema _input;
    private readonly BatchedColumns _columns;

    public BatchedBindings(DataViewSchema input, BatchedColumns columns)
    {
        _input = input;
        _columns = columns;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var column in columns.Outputs) builder.AddColumn(column.Name, column.Type, column.Annotations);
        Schema = builder.ToSchema();
    }

    public DataViewSchema Schema { get; }

    /// <summary>Whether a column of <see cref="Schema"/> is one of the input's; it then has the same index there.</summary>
    public bool IsInput(int column) => column < _input.Count;

    /// <summary>The index among the computed columns.</summary>
    public int OutputIndex(int column) => column - _input.Count;

    public bool[] Active(IEnumerable<DataViewSchema.Column> columns)
    {
        var active = new bool[Schema.Count];
        foreach (var column in columns) active[column.Index] = true;
        return active;
    }

    public bool AnyOutput(bool[] active) => active.AsSpan(_input.Count).Contains(true);

    /// <summary>The input columns that the active ones need; the images only if something computed from them is active.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(bool[] active) =>
        _input.Where(c => active[c.Index] || (c.Index == _columns.Input.Index && AnyOutput(active)));
}
