using System.ComponentModel;
using System.Numerics.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary><c>POST classify</c>: which of some labels a picture shows.</summary>
internal static class ClassifyEndpoint
{
    public static async Task AnswerAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        var fields = await Fields.OfAsync(context.Request, body, "image", "labels", "templates", "top").ConfigureAwait(false);
        var services = context.RequestServices;
        var top = fields.Number("top", int.MaxValue, 1, int.MaxValue);
        var picture = fields.Image ?? throw ApiException.BadRequest("The field 'image' is missing.", "image");
        var classifier = services.GetRequiredService<Classifier>();
        var scores = await classifier.ClassifyAsync(picture, fields.All("labels"), fields.All("templates"), context.RequestAborted)
            .ConfigureAwait(false);
        var model = services.GetRequiredService<ClipEngine>().Name;
        await Handler.JsonAsync(context, new ClassifyResponse(model, [.. scores.Take(top)])).ConfigureAwait(false);
    }
}

/// <summary>A request, for the API's description.</summary>
internal sealed record ClassifyRequest(
    [property: Description("A picture as a data URL; in a form, a file.")] string Image,
    [property: Description("The labels to choose among; the server's own without them.")] IReadOnlyList<string>? Labels,
    [property: Description("Sentences with {} where the label goes.")] IReadOnlyList<string>? Templates,
    [property: Description("How many labels to answer; all without it.")] int? Top);

/// <summary>The labels, the best first.</summary>
internal sealed record ClassifyResponse(string Model, IReadOnlyList<ClipLabelScore> Labels);
