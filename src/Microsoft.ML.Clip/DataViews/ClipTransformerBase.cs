using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// What CLIP's transformers have in common: they add columns computed a batch of rows at a time, work row by row in a
/// <see cref="PredictionEngine{TSrc, TDst}"/>, and are saved by <c>mlContext.Model.Save</c> and loaded by <c>mlContext.Model.Load</c>
/// without registration.
/// They are thread-safe, except for disposal.
/// </summary>
public abstract class ClipTransformerBase : ITransformer, IDisposable
{
    private readonly string _name;

    private protected ClipTransformerBase(IHostEnvironment environment, string name, string? fallback)
    {
        ArgumentNullException.ThrowIfNull(environment);
        Host = environment.Register(name);
        _name = name;
        if (fallback is null) return;
        using var channel = Host.Start("Open");
        channel.Warning(MessageSensitivity.None, "{0}", fallback);
    }

    /// <summary>Always: a row's values depend on no other row.</summary>
    public bool IsRowToRowMapper => true;

    private protected IHost Host { get; }

    /// <summary>The schema that <see cref="Transform"/> gives.</summary>
    /// <param name="inputSchema">The schema of the data to transform.</param>
    /// <exception cref="ArgumentException">It lacks the input column, or has it with another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new BatchedBindings(inputSchema, Bind(inputSchema)).Schema;
    }

    /// <summary>Adds the columns, lazily: computing happens as the rows are read, anew on each pass.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">It lacks the input column, or has it with another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var columns = Bind(input.Schema);
        foreach (var problem in Problems(input.Schema))
        {
            using var channel = Host.Start(nameof(Transform));
            channel.Warning(MessageSensitivity.Schema, "{0}", problem);
        }

        return new UnexportableView(new BatchedDataView(Host, input, columns), input, _name, Towers);
    }

    /// <summary>The way that a <see cref="PredictionEngine{TSrc, TDst}"/> takes.</summary>
    /// <param name="inputSchema">The schema of the rows to come.</param>
    /// <exception cref="ArgumentException">It lacks the input column, or has it with another type.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new BatchedRowMapper(Host, inputSchema, Bind(inputSchema));
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx) => Save(ctx);

    /// <summary>Closes what this transformer opened itself; a <see cref="ClipModel"/> that it was given stays open.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what this transformer opened itself.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>The ONNX files of a model folder that do what this does, for messages.</summary>
    private protected abstract string Towers { get; }

    private protected abstract BatchedColumns Bind(DataViewSchema inputSchema);

    private protected abstract void Save(ModelSaveContext context);

    /// <summary>What of the data's other columns will mislead, a sentence each; told in the log.</summary>
    private protected virtual IEnumerable<string> Problems(DataViewSchema inputSchema) => [];
}
