using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

public sealed class ServingTests
{
    [Fact]
    public async Task MapClipServesUnderAPrefix()
    {
        await using var application = await ClipApplication.StartAsync(prefix: "/clip");
        Assert.Equal("healthy\n", await application.Client.GetStringAsync("clip/healthz"));
        var info = await application.Client.GetFromJsonAsync<JsonElement>("clip/info");
        Assert.Equal("colors", info.GetProperty("model").GetString());
        Assert.Equal(8, info.GetProperty("dimension").GetInt32());
        Assert.Equal(100, info.GetProperty("logit_scale").GetSingle());
        Assert.Equal(HttpStatusCode.NotFound, (await application.Client.GetAsync("healthz")).StatusCode);
    }

    [Fact]
    public async Task TheApiDescribesItself()
    {
        await using var application = await ClipApplication.StartAsync(prefix: "/clip");
        var document = await application.Client.GetFromJsonAsync<JsonElement>("clip/openapi.json");
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToArray();
        Assert.Contains("/clip/v1/embeddings", paths);
        Assert.Contains("/clip/classify", paths);
    }

    [Fact]
    public async Task AnswersForbidWhatABrowserNeedNotDo()
    {
        await using var application = await ClipApplication.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "info") { Headers = { { "Origin", "https://elsewhere.example" } } };
        using var response = await application.Client.SendAsync(request);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public void MapClipWithoutItsServicesSaysWhatToCall()
    {
        using var application = WebApplication.CreateSlimBuilder().Build();
        var e = Assert.Throws<InvalidOperationException>(() => application.MapClip());
        Assert.Contains("AddClipServer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsOutOfRangeAreRefusedAtOnce()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentException>(() => services.AddClipServer(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => services.AddClipServer("model", options => options.MaxBatchSize = 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => services.AddClipServer("model", options => options.QueueLimit = 0));
    }

    /// <summary>As .NET's own client sends JSON: such a body may be of any length, and is counted by the one it has.</summary>
    [Fact]
    public async Task ManyBodiesThatDoNotSayTheirLengthAreTaken()
    {
        await using var application = await ClipApplication.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/embeddings")
            {
                Content = JsonContent.Create(new { input = $"red {i}" }),
                Headers = { TransferEncodingChunked = true },
            };
            using var response = await application.Client.SendAsync(request);
            return response.StatusCode;
        }));
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
    }

    /// <summary>A short version of the load that the benchmark's <c>serve</c> puts on for a minute.</summary>
    [Fact]
    public async Task ManyClientsAtOnceAreAllAnswered()
    {
        await using var application = await ClipApplication.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async client =>
        {
            for (var i = 0; i < 20; i++)
            {
                var input = (client + i) % 2 == 0 ? ClipApplication.DataUrl(i % 3, i) : $"green {client} {i}";
                var answer = await application.AskAsync("v1/embeddings", new { input });
                var expected = (client + i) % 2 == 0
                    ? application.Model.EmbedImage(Microsoft.ML.Clip.Tests.Models.TinyFolder.Picture(i % 3, i))
                    : application.Model.EmbedText(input);
                var given = answer.GetProperty("data")[0].GetProperty("embedding").Deserialize<float[]>()!;
                Assert.All(expected.Zip(given), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
        }));
    }

    /// <summary>A client that is gone in the middle of an upload leaves nothing behind that others would wait for.</summary>
    [Fact]
    public async Task ClientsThatGoInMidUploadHarmNobody()
    {
        await using var application = await ClipApplication.StartAsync();
        var address = application.Client.BaseAddress!;
        for (var i = 0; i < 30; i++)
        {
            using var gone = new TcpClient();
            await gone.ConnectAsync(address.Host, address.Port);
            await gone.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/embeddings HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n"
                + "Content-Length: 19000000\r\n\r\n{\"input\": \""));
        }

        await application.AskAsync("v1/embeddings", new { input = "red" });
    }

    /// <summary>Whatever the bytes are, the answer is an error of the client's, in the API's own form.</summary>
    [Fact]
    public async Task HostileBodiesAreTheClientsFault()
    {
        await using var application = await ClipApplication.StartAsync();
        var random = new Random(17);
        byte[][] seeds =
        [
            Microsoft.ML.Clip.Tests.Models.TinyFolder.Picture(0, 1),
            Encoding.UTF8.GetBytes($$"""{"image": "{{ClipApplication.DataUrl(0)}}", "labels": ["red", "blue"]}"""),
            Encoding.UTF8.GetBytes($$"""{"input": ["red", "{{ClipApplication.DataUrl(1)}}"], "dimensions": 8}"""),
            Encoding.UTF8.GetBytes("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\nabc\r\n--x--\r\n"),
        ];
        string[] types = ["image/png", "application/json", "multipart/form-data; boundary=x", "application/octet-stream"];
        for (var i = 0; i < 600; i++)
        {
            var body = (byte[])seeds[i % seeds.Length].Clone();
            for (var change = random.Next(1, 12); change > 0; change--) body[random.Next(body.Length)] = (byte)random.Next(256);
            if (i % 3 == 0) body = body[..random.Next(body.Length)];
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", types[random.Next(types.Length)]);
            using var response = await application.Client.PostAsync(i % 2 == 0 ? "classify" : "v1/embeddings", content);
            if (response.StatusCode == HttpStatusCode.OK) continue;
            var (status, message) = await ClipApplication.ErrorAsync(response);
            Assert.True(status is >= 400 and < 500, $"Body {i} was answered {status}: {message}");
        }
    }
}
