using System.ClientModel;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.ML.Clip.Tests.Models;
using OpenAI;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

public sealed class EmbeddingsTests
{
    private static readonly string[] Texts = ["red", "green blue", ""];

    /// <summary>OpenAI's own client, which asks for base64.</summary>
    [Fact]
    public async Task OpenAIsClientEmbedsTextsAndPictures()
    {
        await using var application = await ClipApplication.StartAsync();
        var client = new OpenAIClient(
            new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new Uri(application.Client.BaseAddress!, "v1") });
        using var generator = client.GetEmbeddingClient("colors").AsIEmbeddingGenerator();

        var embedded = await generator.GenerateAsync(["red", ClipApplication.DataUrl(2), "blue"]);

        Close(application.Model.EmbedText("red"), embedded[0].Vector.ToArray());
        Close(application.Model.EmbedImage(TinyFolder.Picture(2, 0)), embedded[1].Vector.ToArray());
        Close(application.Model.EmbedText("blue"), embedded[2].Vector.ToArray());
        application.Model.EmbedTexts(["red", "blue"], out var tokens);
        Assert.Equal(tokens, embedded.Usage!.InputTokenCount);
        Assert.Equal("colors", Assert.Single((await client.GetOpenAIModelClient().GetModelsAsync()).Value).Id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("float")]
    [InlineData("base64")]
    public async Task EveryFormatGivesTheModelsOwnNumbers(string? format)
    {
        await using var application = await ClipApplication.StartAsync();
        var answer = await application.AskAsync("v1/embeddings", new { input = Texts, model = "colors", encoding_format = format });

        Assert.Equal("list", answer.GetProperty("object").GetString());
        foreach (var (item, text) in answer.GetProperty("data").EnumerateArray().Zip(Texts))
        {
            var embedding = item.GetProperty("embedding");
            var numbers = format == "base64"
                ? MemoryMarshal.Cast<byte, float>(embedding.GetBytesFromBase64()).ToArray()
                : embedding.Deserialize<float[]>()!;
            Close(application.Model.EmbedText(text), numbers);
        }
    }

    [Theory]
    [InlineData("""{"input": "red", "dimensions": 4}""", 400, "cannot be shortened")]
    [InlineData("""{"input": "red", "dimensions": "8"}""", 400, "cannot be shortened")]
    [InlineData("""{"input": "red", "model": "text-embedding-3-small"}""", 404, "'colors' is")]
    [InlineData("""{"input": "red", "encoding_format": "int8"}""", 400, "encoding_format")]
    [InlineData("""{"input": []}""", 400, "from 1 to 2048")]
    [InlineData("""{"model": "colors"}""", 400, "'input' is missing")]
    [InlineData("""{"input": [1, 2, 3]}""", 400, "tokens")]
    [InlineData("""{"input": [[1, 2], [3]]}""", 400, "tokens")]
    [InlineData("""{"input": [null]}""", 400, "Input 0 is no string")]
    [InlineData("""{"input": "a", "input": "b"}""", 400, "no JSON")]
    [InlineData("""{"input": "\ud800"}""", 400, "not Unicode")]
    [InlineData("""["red"]""", 400, "JSON object")]
    [InlineData("red", 400, "no JSON")]
    [InlineData("", 400, "no JSON")]
    [InlineData("""{"input": "data:text/plain;base64,cmVk"}""", 400, "type 'text/plain'")]
    [InlineData("""{"input": ["red", "data:image/png;base64,!!"]}""", 400, "Input 1 is a data URL whose base64 is damaged")]
    [InlineData("""{"input": ["red", "data:image/png;base64,AAAA"]}""", 400, "Input 1 cannot be read")]
    [InlineData("""{"input": "data:image/svg+xml,%3Csvg/%3E"}""", 400, "without base64")]
    public async Task AWishThatCannotBeMetIsRefusedInASentence(string body, int status, string said)
    {
        await using var application = await ClipApplication.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await application.Client.PostAsync("v1/embeddings", content);
        var (told, message) = await ClipApplication.ErrorAsync(response);
        Assert.Equal(status, told);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: the new oil")]
    [InlineData("data:")]
    [InlineData("see data:image/png;base64,AAAA")]
    public async Task ATextAboutDataIsAText(string text)
    {
        await using var application = await ClipApplication.StartAsync();
        var answer = await application.AskAsync("v1/embeddings", new { input = text });
        Close(application.Model.EmbedText(text), answer.GetProperty("data")[0].GetProperty("embedding").Deserialize<float[]>()!);
    }

    [Fact]
    public async Task ABodyThatIsTooLargeIsRefusedWhetherItSaysItsLengthOrNot()
    {
        await using var application = await ClipApplication.StartAsync(options => options.MaxBodyBytes = 1000);
        foreach (var isChunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/embeddings") { Content = new ByteArrayContent(new byte[5000]) };
            request.Headers.TransferEncodingChunked = isChunked;
            using var response = await application.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
    }

    /// <summary>Hundreds of tiny pictures fit into a body, and each takes a tensor.</summary>
    [Fact]
    public async Task TooManyPicturesAreRefused()
    {
        await using var application = await ClipApplication.StartAsync(options => options.QueueLimit = 3);
        using var response = await application.PostAsync(
            "v1/embeddings", new { input = Enumerable.Repeat(ClipApplication.DataUrl(0), 4) });
        Assert.Equal((400, "There are 4 pictures; a request may have 3."), await ClipApplication.ErrorAsync(response));
    }

    [Fact]
    public async Task APictureOfMorePixelsThanAllowedIsRefusedBeforeItIsDecoded()
    {
        await using var application = await ClipApplication.StartAsync(options => options.MaxPixels = 1000);
        using var response = await application.PostAsync("v1/embeddings", new { input = ClipApplication.DataUrl(0) });
        var (status, message) = await ClipApplication.ErrorAsync(response);
        Assert.Equal(400, status);
        Assert.Contains("more than the 1000 allowed", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFullQueueIsAnswered503WithRetryAfter()
    {
        await using var application = await ClipApplication.StartAsync(options => (options.QueueLimit, options.MaxBatchSize) = (64, 1));
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => application.PostAsync(
            "v1/embeddings", new { input = Enumerable.Range(0, 64).Select(text => $"red {i} {text}") })));
        var refused = Assert.IsType<HttpResponseMessage>(answers.FirstOrDefault(a => !a.IsSuccessStatusCode));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Contains(answers, a => a.IsSuccessStatusCode);
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task StoppingAnswersTheRequestsThatAreThere()
    {
        await using var application = await ClipApplication.StartAsync(options => options.MaxBatchSize = 1);
        var asked = Enumerable.Range(0, 8).Select(i => application.PostAsync(
            "v1/embeddings", new { input = Enumerable.Range(0, 30).Select(text => $"blue {i} {text}") })).ToArray();
        await Task.WhenAny(asked);
        await application.StopAsync();
        foreach (var answer in asked)
        {
            using var response = await answer;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }
}
