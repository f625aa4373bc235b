using Microsoft.ML.Clip.Models;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// What CLIP's estimators have in common: they look at the schema of the data alone, and their transformers hold a tower of the model.
/// </summary>
/// <typeparam name="TTransformer">What a fit gives.</typeparam>
/// <typeparam name="TOptions">The settings.</typeparam>
public abstract class ClipEstimatorBase<TTransformer, TOptions> : IEstimator<TTransformer>
    where TTransformer : ClipTransformerBase
    where TOptions : ClipEstimatorOptions
{
    private readonly ModelSource _source;

    private protected ClipEstimatorBase(IHostEnvironment environment, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        (Environment, Settings) = (environment, options);
        _source = new ModelSource(environment, options.ModelFolder, options.Model, options.ModelOptions);
    }

    private protected IHostEnvironment Environment { get; }

    private protected TOptions Settings { get; }

    /// <summary>Opens the model, as far as the step needs it.</summary>
    /// <param name="input">The data, of which only the schema is looked at.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type.</exception>
    /// <exception cref="FileNotFoundException">The model folder lacks a tower or the tokenizer.</exception>
    /// <exception cref="InvalidDataException">A file of the model folder is not what its name says.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckInput(input.Schema);
        using var opened = _source.Open();
        return Fit(input.Schema, opened, _source.SessionOptions);
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckInput(inputSchema);
        return inputSchema.With(Settings.Outputs);
    }

    private protected abstract void CheckInput(DataViewSchema schema);

    private protected abstract void CheckInput(SchemaShape schema);

    private protected abstract TTransformer Fit(DataViewSchema schema, ModelSource.Opened opened, ClipSessionOptions session);
}
