namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>The web project's <c>Program.cs</c>: a minimal API that answers for pictures, texts or both.</summary>
internal static class WebProgram
{
    /// <summary>How large a picture may be.</summary>
    private const int MostMegabytes = 20;

    public static string Of(GenerationFacts facts) => $$"""
        // Made by an experiment. POST /predict with {{Body(facts)}} answers with the labels' scores.
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = {{MostMegabytes}} * 1024 * 1024);
        var app = builder.Build();

        {{(facts.Image is { } image ? Picture(facts, image) : Text(facts))}}
        app.MapGet("/labels", () => {{facts.Name}}.Labels);
        app.Run();

        internal sealed record Answer(string Label, float Score);
        {{(facts.Image is null ? "\ninternal sealed record Question(string Text);\n" : "")}}
        """;

    private static string Body(GenerationFacts facts) => facts switch
    {
        { Image: null } => "{\"text\": …}",
        { Text: null } => "a picture as the form's field \"image\"",
        _ => "a picture as the form's field \"image\", and a text as \"text\",",
    };

    private static string Text(GenerationFacts facts) => $$"""
        app.MapPost("/predict", (Question question) =>
            {{facts.Name}}.PredictAllLabels(new() { {{facts.Text!.Property}} = question.Text })
                .Select(pair => new Answer(pair.Key, pair.Value)));
        """;

    private static string Picture(GenerationFacts facts, GeneratedColumn image)
    {
        var (parameter, text) = facts.Text is { } column
            ? (", [Microsoft.AspNetCore.Mvc.FromForm] string text", $", {column.Property} = text")
            : ("", "");
        return $$"""
            app.MapPost("/predict", async (IFormFile image{{parameter}}) =>
            {
                // The model reads files.
                var path = Path.GetTempFileName();
                try
                {
                    await using (var file = File.Create(path)) await image.CopyToAsync(file);
                    return Results.Ok({{facts.Name}}.PredictAllLabels(new() { {{image.Property}} = path{{text}} })
                        .Select(pair => new Answer(pair.Key, pair.Value)).ToArray());
                }
                catch (Exception e) when (e is InvalidDataException or FormatException)
                {
                    return Results.Problem("The picture cannot be read; send a JPEG, PNG, WebP, BMP or GIF.", statusCode: 400);
                }
                finally
                {
                    File.Delete(path);
                }
            }).DisableAntiforgery();
            """;
    }
}
