using Microsoft.Extensions.AI;
using Microsoft.ML.Clip;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers CLIP models and their embedding generators as services.</summary>
public static class ClipServiceCollectionExtensions
{
    /// <summary>
    /// Registers, as singletons, the <see cref="ClipModel"/> of a folder and over it an <c>IEmbeddingGenerator</c> of texts
    /// (<see cref="string"/>) and one of images (<see cref="DataContent"/>). The container disposes the model.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="folder">
    /// The model folder. It is opened, and a wrong one refused, when the first of the services is asked for; see
    /// <see cref="ClipModel.Open"/> for the exceptions.
    /// </param>
    /// <param name="options">How to read the folder; default <c>new ClipModelOptions()</c>.</param>
    /// <returns>A builder, which is <paramref name="services"/> too, to put middleware around the generators.</returns>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is blank.</exception>
    public static ClipBuilder AddClip(this IServiceCollection services, string folder, ClipModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var builder = new ClipBuilder(services);
        services
            .AddSingleton(_ => ClipModel.Open(folder, options))
            .AddSingleton(provider => builder.Texts(provider.GetRequiredService<ClipModel>(), provider))
            .AddSingleton(provider => builder.Images(provider.GetRequiredService<ClipModel>(), provider));
        return builder;
    }

    /// <summary>Registers what <see cref="AddClip"/> does under a key, for an application of several models.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key that the three services are asked for with.</param>
    /// <param name="folder">The model folder, opened when the first of the services is asked for.</param>
    /// <param name="options">How to read the folder; default <c>new ClipModelOptions()</c>.</param>
    /// <returns>A builder, which is <paramref name="services"/> too, to put middleware around the generators.</returns>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is blank.</exception>
    public static ClipBuilder AddKeyedClip(
        this IServiceCollection services, object? serviceKey, string folder, ClipModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var builder = new ClipBuilder(services);
        services
            .AddKeyedSingleton(serviceKey, (_, _) => ClipModel.Open(folder, options))
            .AddKeyedSingleton(serviceKey, (provider, key) => builder.Texts(provider.GetRequiredKeyedService<ClipModel>(key), provider))
            .AddKeyedSingleton(serviceKey, (provider, key) => builder.Images(provider.GetRequiredKeyedService<ClipModel>(key), provider));
        return builder;
    }
}
