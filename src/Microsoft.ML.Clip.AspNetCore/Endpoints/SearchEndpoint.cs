using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.AspNetCore.Searching;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary><c>GET search</c> by words and ids, <c>POST search</c> by pictures too, and the pictures that are found.</summary>
internal static class SearchEndpoint
{
    private const int MaxTop = 500, MaxSkip = 1_000_000;
    private const int LeastSize = 16, MostSize = 2048;

    private static readonly string[] Known = ["q", "image", "like", "without", "image_weight", "without_weight", "top", "skip"];

    public static Task GetAsync(HttpContext context)
    {
        var fields = Fields.Of(context.Request.Query, Known);
        if (fields.Image is not null)
            throw ApiException.BadRequest("A picture is sent by POST; an address is no place for it.", "image");
        return AnswerAsync(context, fields);
    }

    public static async Task PostAsync(HttpContext context, ReadOnlyMemory<byte> body) =>
        await AnswerAsync(context, await Fields.OfAsync(context.Request, body, Known).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary><c>GET pictures/{id}?size=320</c>.</summary>
    public static async Task PictureAsync(HttpContext context)
    {
        var pictures = context.RequestServices.GetRequiredService<PictureIndex>();
        var size = Fields.Of(context.Request.Query, "size").Number("size", 320, LeastSize, MostSize);
        var id = (string)context.Request.RouteValues["id"]!;
        var entry = pictures.Find(id);
        var stamp = entry.Modified?.UtcTicks.ToString("x", CultureInfo.InvariantCulture);
        var headers = context.Response.Headers;
        if (stamp is not null)
        {
            var tag = $"\"{id}-{size}-{stamp}-{entry.Size}\"";
            headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch == tag)
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        var picture = await context.RequestServices.GetRequiredService<Thumbnails>()
            .WebPAsync(pictures.PathOf(entry), size, context.RequestAborted).ConfigureAwait(false);
        headers.CacheControl = "private, max-age=300";
        context.Response.ContentType = "image/webp";
        context.Response.ContentLength = picture.Length;
        await context.Response.Body.WriteAsync(picture, context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, Fields fields)
    {
        var services = context.RequestServices;
        var found = await services.GetRequiredService<PictureSearch>().FindAsync(
            new PictureQuery
            {
                Text = fields.One("q"),
                Image = fields.Image,
                Like = fields.One("like"),
                Without = fields.All("without"),
                ImageWeight = fields.Real("image_weight", 1, 0, 100),
                WithoutWeight = fields.Real("without_weight", 0.5f, 0, 100),
                Top = fields.Number("top", 24, 1, MaxTop),
                Skip = fields.Number("skip", 0, 0, MaxSkip),
            },
            context.RequestAborted).ConfigureAwait(false);
        var count = services.GetRequiredService<PictureIndex>().Require().Count;
        await Handler.JsonAsync(context, new SearchResponse(services.GetRequiredService<ClipEngine>().Name, count, found))
            .ConfigureAwait(false);
    }
}

/// <summary>A search by POST, for the API's description.</summary>
internal sealed record SearchRequest(
    [property: Description("Words.")] string? Q,
    [property: Description("A picture as a data URL; in a form, a file.")] string? Image,
    [property: Description("The id of a picture that was found.")] string? Like,
    [property: Description("What is not wanted.")] IReadOnlyList<string>? Without,
    [property: Description("How much a picture counts, where words count 1; default 1.")] float? ImageWeight,
    [property: Description("How much what is not wanted counts, where words count 1; default 0.5.")] float? WithoutWeight,
    [property: Description("How many to find; default 24.")] int? Top,
    [property: Description("How many to leave out before.")] int? Skip);

/// <summary>What was found, the best first.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Count">How many pictures the index has.</param>
/// <param name="Results">The pictures.</param>
internal sealed record SearchResponse(string Model, int Count, IReadOnlyList<FoundPicture> Results);
