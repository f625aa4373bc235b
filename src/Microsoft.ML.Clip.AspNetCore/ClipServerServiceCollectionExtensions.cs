using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Endpoints;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.AspNetCore.Searching;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what <c>MapClip</c> serves.</summary>
public static class ClipServerServiceCollectionExtensions
{
    /// <summary>
    /// Registers a model folder to be served by <c>app.MapClip()</c>. The <see cref="ClipModel"/> is a singleton, one that is registered
    /// already if there is one, and the container disposes it after the requests in the queue.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="folder">
    /// The model folder, opened when it is first asked for; see <see cref="ClipModel.Open"/> for the exceptions.
    /// </param>
    /// <param name="configure">Sets the options.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is blank, or an option is out of its range.</exception>
    public static IServiceCollection AddClipServer(
        this IServiceCollection services, string folder, Action<ClipServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var options = new ClipServerOptions();
        configure?.Invoke(options);
        options.Check();
        services.TryAddSingleton(_ => ClipModel.Open(folder, options.Model));
        services.AddMetrics();
        services.AddOpenApi(OpenApiEndpoint.Document, api =>
        {
            api.ShouldInclude = description => description.GroupName == OpenApiEndpoint.Document;
            api.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new() { Title = "CLIP", Version = "v1", Description = "Pictures and texts in one space." };
                return Task.CompletedTask;
            });
        });
        return services
            .AddSingleton(options)
            .AddSingleton<ClipEngine>()
            .AddSingleton<BodyReader>()
            .AddSingleton<LabelCache>()
            .AddSingleton<Classifier>()
            .AddSingleton(provider => new PictureIndex(options, provider.GetRequiredService<ClipModel>()))
            .AddSingleton<PictureSearch>()
            .AddSingleton<Thumbnails>();
    }
}
