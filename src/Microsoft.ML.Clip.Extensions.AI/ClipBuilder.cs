using System.Collections;
using Microsoft.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// The services of a CLIP model that was added, to put middleware around its generators: caches, telemetry, logging. It is the service
/// collection too, so that calls chain.
/// </summary>
/// <remarks>
/// Middleware sees options that carry the model's fingerprint, under <c>clip.model</c> in
/// <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>: a cache that keys by options, as
/// <c>DistributedCachingEmbeddingGenerator</c> does, never mixes two models.
/// </remarks>
public sealed class ClipBuilder : IServiceCollection
{
    private readonly IServiceCollection _services;
    private readonly List<Func<IEmbeddingGenerator<string, Embedding<float>>, IServiceProvider,
        IEmbeddingGenerator<string, Embedding<float>>>> _texts = [];

    private readonly List<Func<IEmbeddingGenerator<DataContent, Embedding<float>>, IServiceProvider,
        IEmbeddingGenerator<DataContent, Embedding<float>>>> _images = [];

    internal ClipBuilder(IServiceCollection services) => _services = services;

    /// <inheritdoc/>
    public int Count => _services.Count;

    /// <inheritdoc/>
    public bool IsReadOnly => _services.IsReadOnly;

    /// <inheritdoc/>
    public ServiceDescriptor this[int index]
    {
        get => _services[index];
        set => _services[index] = value;
    }

    /// <summary>Puts something around the generator of texts' embeddings; what is added last is outermost.</summary>
    /// <param name="middleware">
    /// Given the generator and the services, gives another, such as
    /// <c>(texts, services) =&gt; texts.AsBuilder().UseDistributedCache().Build(services)</c>.
    /// </param>
    /// <returns>This builder.</returns>
    public ClipBuilder UseTexts(
        Func<IEmbeddingGenerator<string, Embedding<float>>, IServiceProvider, IEmbeddingGenerator<string, Embedding<float>>> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        _texts.Add(middleware);
        return this;
    }

    /// <summary>Puts something around the generator of images' embeddings; what is added last is outermost.</summary>
    /// <param name="middleware">Given the generator and the services, gives another.</param>
    /// <returns>This builder.</returns>
    public ClipBuilder UseImages(
        Func<IEmbeddingGenerator<DataContent, Embedding<float>>, IServiceProvider,
            IEmbeddingGenerator<DataContent, Embedding<float>>> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        _images.Add(middleware);
        return this;
    }

    /// <inheritdoc/>
    public void Add(ServiceDescriptor item) => _services.Add(item);

    /// <inheritdoc/>
    public void Clear() => _services.Clear();

    /// <inheritdoc/>
    public bool Contains(ServiceDescriptor item) => _services.Contains(item);

    /// <inheritdoc/>
    public void CopyTo(ServiceDescriptor[] array, int arrayIndex) => _services.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public IEnumerator<ServiceDescriptor> GetEnumerator() => _services.GetEnumerator();

    /// <inheritdoc/>
    public int IndexOf(ServiceDescriptor item) => _services.IndexOf(item);

    /// <inheritdoc/>
    public void Insert(int index, ServiceDescriptor item) => _services.Insert(index, item);

    /// <inheritdoc/>
    public bool Remove(ServiceDescriptor item) => _services.Remove(item);

    /// <inheritdoc/>
    public void RemoveAt(int index) => _services.RemoveAt(index);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal IEmbeddingGenerator<string, Embedding<float>> Texts(ML.Clip.ClipModel model, IServiceProvider services) =>
        Wrap(model.AsTextEmbeddingGenerator(), _texts, model, services);

    internal IEmbeddingGenerator<DataContent, Embedding<float>> Images(ML.Clip.ClipModel model, IServiceProvider services) =>
        Wrap(model.AsImageEmbeddingGenerator(), _images, model, services);

    private static IEmbeddingGenerator<T, Embedding<float>> Wrap<T>(
        IEmbeddingGenerator<T, Embedding<float>> generator,
        List<Func<IEmbeddingGenerator<T, Embedding<float>>, IServiceProvider, IEmbeddingGenerator<T, Embedding<float>>>> middleware,
        ML.Clip.ClipModel model,
        IServiceProvider services)
    {
        foreach (var wrap in middleware) generator = wrap(generator, services);
        return middleware.Count == 0 ? generator : new ML.Clip.FingerprintedEmbeddingGenerator<T>(generator, model);
    }
}
