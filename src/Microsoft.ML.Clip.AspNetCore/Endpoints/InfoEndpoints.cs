using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.AspNetCore.Searching;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary>What is served, and whether it is.</summary>
internal static class InfoEndpoints
{
    /// <summary><c>GET info</c>.</summary>
    public static Task InfoAsync(HttpContext context)
    {
        var engine = context.RequestServices.GetRequiredService<ClipEngine>();
        var options = context.RequestServices.GetRequiredService<ClipServerOptions>();
        var model = engine.Model;
        var scoring = model.RequireScoring();
        return Handler.JsonAsync(context, new ServerInfo(
            engine.Name, model.Fingerprint, model.Dimension, model.ImageSize, model.ContextLength, scoring.Scale, scoring.Bias,
            options.Labels, options.Templates, options.MaxBodyBytes,
            context.RequestServices.GetRequiredService<PictureIndex>().Index?.Count));
    }

    /// <summary><c>GET v1/models</c>, as OpenAI's API has it.</summary>
    public static Task ModelsAsync(HttpContext context)
    {
        var engine = context.RequestServices.GetRequiredService<ClipEngine>();
        return Handler.JsonAsync(context, new ModelList("list", [new(engine.Name, "model", 0, "clip")]));
    }

    /// <summary><c>GET healthz</c>: whether the model is open and the server goes on.</summary>
    public static async Task HealthAsync(HttpContext context)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (stopping.IsCancellationRequested)
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "The server is stopping.", code: "server_busy");
        await Task.Run(context.RequestServices.GetRequiredService<ClipEngine>().Open).ConfigureAwait(false);
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync("healthy\n", context.RequestAborted).ConfigureAwait(false);
    }
}

/// <summary>The model and how the page starts.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Fingerprint">What its embeddings depend on, hashed.</param>
/// <param name="Dimension">The embeddings' length.</param>
/// <param name="ImageSize">The height that pictures are brought to.</param>
/// <param name="ContextLength">The most tokens of a text.</param>
/// <param name="LogitScale">The factor on cosines.</param>
/// <param name="LogitBias">What is added to them by SigLIP's, whose scores are sigmoids.</param>
/// <param name="Labels">Labels to begin with.</param>
/// <param name="Templates">Prompts to begin with.</param>
/// <param name="MaxBodyBytes">The largest body.</param>
/// <param name="Pictures">How many the index has; none where none is served.</param>
internal sealed record ServerInfo(
    string Model,
    string Fingerprint,
    int Dimension,
    int ImageSize,
    int ContextLength,
    float LogitScale,
    float? LogitBias,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Templates,
    long MaxBodyBytes,
    int? Pictures);

/// <summary>OpenAI's list of models.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<ListedModel> Data);

/// <summary>One of them.</summary>
internal sealed record ListedModel(string Id, string Object, long Created, string OwnedBy);
