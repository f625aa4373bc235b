using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>What the generators of texts and of images have in common: all but the embedding itself.</summary>
internal abstract class ClipEmbeddingGenerator<TInput> : IEmbeddingGenerator<TInput, Embedding<float>>
{
    private readonly bool _disposeModel;
    private readonly string _modelId;
    private readonly Lazy<EmbeddingGeneratorMetadata> _metadata;

    private protected ClipEmbeddingGenerator(ClipModel model, bool disposeModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        _disposeModel = disposeModel;
        _modelId = Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Folder));
        Model = model;
        _metadata = new(() => new EmbeddingGeneratorMetadata("clip", providerUri: null, _modelId, model.Dimension));
    }

    private protected ClipModel Model { get; }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        TInput[] inputs = [.. values];
        if (Array.FindIndex(inputs, v => v is null) is >= 0 and var index)
            throw new ArgumentException($"Value {index} is null; leave out what has no content.", nameof(values));
        return Task.Run(() => Generate(inputs, options, cancellationToken), cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return _metadata.Value;
        if (serviceType == typeof(ClipModel)) return Model;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        if (_disposeModel) Model.Dispose();
    }

    /// <summary>Embeds the inputs; tells what they used, where that is counted.</summary>
    private protected abstract float[][] Embed(TInput[] inputs, out UsageDetails? usage, CancellationToken cancellationToken);

    private GeneratedEmbeddings<Embedding<float>> Generate(
        TInput[] inputs, EmbeddingGenerationOptions? options, CancellationToken cancellationToken)
    {
        CheckOptions(options);
        var embeddings = Embed(inputs, out var usage, cancellationToken);
        var now = DateTimeOffset.UtcNow;
        return new(embeddings.Select(e => new Embedding<float>(e) { CreatedAt = now, ModelId = _modelId })) { Usage = usage };
    }

    /// <summary>A wish that cannot be met is refused: vectors of another model or length would silently spoil an index.</summary>
    private void CheckOptions(EmbeddingGenerationOptions? options)
    {
        if (options?.ModelId is { } id && id != _modelId)
        {
            throw new ArgumentException(
                $"The model '{id}' was asked for, but this generator's is '{_modelId}'; leave EmbeddingGenerationOptions.ModelId unset.",
                nameof(options));
        }

        if (options?.Dimensions is { } wanted && _metadata.Value.DefaultModelDimensions is { } own && wanted != own)
        {
            throw new ArgumentException(
                $"{wanted} dimensions were asked for, but CLIP's embeddings cannot be shortened and those of '{_modelId}' have {own}; "
                + "leave EmbeddingGenerationOptions.Dimensions unset.",
                nameof(options));
        }
    }
}
