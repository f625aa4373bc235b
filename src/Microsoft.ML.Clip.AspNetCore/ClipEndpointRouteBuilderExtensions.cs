using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Endpoints;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints of a CLIP model.</summary>
public static class ClipEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves the model that <c>services.AddClipServer</c> registered: <c>v1/embeddings</c> and <c>v1/models</c> as OpenAI's API has them,
    /// <c>classify</c>, <c>search</c> and <c>pictures</c> of an index, <c>info</c>, <c>healthz</c>, <c>openapi.json</c>, and a page at
    /// the prefix itself.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What the addresses begin with; default nothing.</param>
    /// <returns>A builder to which authorization, CORS and rate limits can be added; there are none by default.</returns>
    /// <exception cref="InvalidOperationException"><c>services.AddClipServer</c> was not called.</exception>
    public static IEndpointConventionBuilder MapClip(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(ClipEngine)) != true)
        {
            throw new InvalidOperationException(
                "MapClip serves what services.AddClipServer registers; call that before the application is built.");
        }

        var group = endpoints.MapGroup(prefix);
        var api = group.MapGroup("").WithGroupName(OpenApiEndpoint.Document);
        api.MapPost("v1/embeddings", Handler.WithBody(EmbeddingsEndpoint.AnswerAsync))
            .WithSummary("Embeds texts and pictures.").Takes<EmbeddingsRequest>("application/json").Produces<EmbeddingsResponse>();
        api.MapGet("v1/models", Handler.Of(InfoEndpoints.ModelsAsync)).WithSummary("Lists the model.").Produces<ModelList>();
        api.MapPost("classify", Handler.WithBody(ClassifyEndpoint.AnswerAsync))
            .WithSummary("Tells which of some labels a picture shows.")
            .Takes<ClassifyRequest>("application/json", "multipart/form-data").Produces<ClassifyResponse>();
        api.MapGet("search", Handler.Of(SearchEndpoint.GetAsync))
            .WithSummary("Finds pictures of the index by words (q), by one of them (like), without others (without).")
            .Produces<SearchResponse>();
        api.MapPost("search", Handler.WithBody(SearchEndpoint.PostAsync))
            .WithSummary("Finds pictures of the index by a picture, too.")
            .Takes<SearchRequest>("application/json", "multipart/form-data").Produces<SearchResponse>();
        api.MapGet("pictures/{id}", Handler.Of(SearchEndpoint.PictureAsync))
            .WithSummary("A picture of the index, its longer side no longer than size.")
            .Produces(StatusCodes.Status200OK, contentType: "image/webp");
        api.MapGet("info", Handler.Of(InfoEndpoints.InfoAsync)).WithSummary("Describes what is served.").Produces<ServerInfo>();
        api.MapGet("healthz", Handler.Of(InfoEndpoints.HealthAsync))
            .WithSummary("Tells whether the model is open.").Produces(StatusCodes.Status200OK, contentType: "text/plain");

        group.MapGet("openapi.json", Handler.Of(OpenApiEndpoint.AnswerAsync)).ExcludeFromDescription();
        group.MapGet("", Handler.Of(PageEndpoint.IndexAsync)).ExcludeFromDescription();
        group.MapGet("page/{file}", Handler.Of(PageEndpoint.FileAsync)).ExcludeFromDescription();
        return group;
    }
}
