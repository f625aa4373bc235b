using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

public sealed class ClassifyTests
{
    private static readonly byte[] Green = TinyFolder.Picture(1, 0);

    [Fact]
    public async Task JsonAFormAndAPictureAloneAreAnsweredTheSame()
    {
        await using var application = await ClipApplication.StartAsync();
        var json = await application.AskAsync(
            "classify", new { image = ClipApplication.DataUrl(1), labels = TinyFolder.Colors, templates = new[] { "{}" } });

        using var form = new MultipartFormDataContent { { new ByteArrayContent(Green), "image", "green.png" } };
        foreach (var color in TinyFolder.Colors) form.Add(new StringContent(color), "labels");
        form.Add(new StringContent("{}"), "templates");
        using var formed = await application.Client.PostAsync("classify", form);

        using var picture = new ByteArrayContent(Green) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var alone = await application.Client.PostAsync("classify?labels=red&labels=green&labels=blue&templates={}", picture);

        var expected = Scores(json);
        Assert.Equal("green", expected[0].Label);
        Assert.Equal(expected, Scores(JsonSerializer.Deserialize<JsonElement>(await formed.Content.ReadAsStringAsync())));
        Assert.Equal(expected, Scores(JsonSerializer.Deserialize<JsonElement>(await alone.Content.ReadAsStringAsync())));
    }

    [Fact]
    public async Task ScoresAreThoseOfTheLibrary()
    {
        await using var application = await ClipApplication.StartAsync();
        string[] templates = ["a photo of {}", "{} art"];
        var answer = Scores(await application.AskAsync(
            "classify", new { image = ClipApplication.DataUrl(1), labels = TinyFolder.Colors, templates }));

        var labels = ClipLabelEmbeddings.Create(application.Model, TinyFolder.Colors, templates);
        var image = application.Model.EmbedImage(Green);
        var logits = Enumerable.Range(0, 3).Select(
            i => application.Model.LogitScale * System.Numerics.Tensors.TensorPrimitives.Dot(labels[i], image)).ToArray();
        var sum = logits.Sum(l => MathF.Exp(l - logits.Max()));
        foreach (var (label, score) in answer)
            Assert.Equal(MathF.Exp(logits[Array.IndexOf(TinyFolder.Colors, label)] - logits.Max()) / sum, score, 1e-5f);
    }

    [Fact]
    public async Task TheServersLabelsAreTakenWhereARequestBringsNone()
    {
        await using var application = await ClipApplication.StartAsync(options => options.Labels = TinyFolder.Colors);
        var answer = await application.AskAsync("classify", new { image = ClipApplication.DataUrl(2), top = 1 });
        Assert.Equal("blue", Assert.Single(Scores(answer)).Label);
    }

    [Theory]
    [InlineData("""{"labels": ["red"]}""", 400, "'image' is missing")]
    [InlineData("""{"image": "PICTURE"}""", 400, "'labels' is missing")]
    [InlineData("""{"image": "PICTURE", "lables": ["red"]}""", 400, "no field 'lables'")]
    [InlineData("""{"image": "PICTURE", "labels": ["red", "red"]}""", 400, "comes twice")]
    [InlineData("""{"image": "PICTURE", "labels": ["red", "Red"]}""", 400, "are one text")]
    [InlineData("""{"image": "PICTURE", "labels": ["red"], "templates": ["a photo"]}""", 400, "no place for the label")]
    [InlineData("""{"image": "PICTURE", "labels": ["red"], "top": 0}""", 400, "'top' must be")]
    [InlineData("""{"image": "/etc/passwd", "labels": ["red"]}""", 400, "no data URL")]
    [InlineData("""{"image": "http://127.0.0.1/", "labels": ["red"]}""", 400, "fetches nothing")]
    public async Task AWrongRequestIsRefusedInASentence(string body, int status, string said)
    {
        await using var application = await ClipApplication.StartAsync();
        using var content = new StringContent(
            body.Replace("PICTURE", ClipApplication.DataUrl(0), StringComparison.Ordinal), null, "application/json");
        using var response = await application.Client.PostAsync("classify", content);
        var (told, message) = await ClipApplication.ErrorAsync(response);
        Assert.Equal(status, told);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABodyOfAnotherKindIsRefused()
    {
        await using var application = await ClipApplication.StartAsync();
        using var response = await application.Client.PostAsync("classify", new StringContent("red"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private static (string Label, float Score)[] Scores(JsonElement answer) =>
        [.. answer.GetProperty("labels").EnumerateArray()
            .Select(l => (l.GetProperty("label").GetString()!, l.GetProperty("score").GetSingle()))];
}
