using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>The pages' web applications, each started on a free port and asked over HTTP.</summary>
[Collection(nameof(DocsSnippetTests))]
public sealed class DocsWebTests : IDisposable
{
    private readonly DocsStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task ItAnswersManyRequestsAtOnce()
    {
        await Serve("docs/asp-net.md", async client =>
        {
            var picture = await File.ReadAllBytesAsync("rex.jpg");

            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Post(client, "/classify", picture)));
            Assert.All(answers, a => Assert.Contains(a.GetProperty("label").GetString(), new[] { "cat", "dog" }));
            Assert.All(answers, a => Assert.Equal(1, a.GetProperty("score").EnumerateArray().Sum(s => s.GetSingle()), 4));
            Assert.Equal(Models.TinyClip.Dimension, (await Post(client, "/embed", picture)).GetArrayLength());

            foreach (var path in new[] { "/embed", "/classify" })
            {
                foreach (var body in new byte[][] { [1, 2, 3], [], picture[..(picture.Length / 2)] })
                {
                    using var refused = await client.PostAsync(path, new ByteArrayContent(body));
                    Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
                }
            }
        });
    }

    [Fact]
    public Task TheExtensionsReadmeEmbedsTexts() => Serve("src/Microsoft.ML.Clip.Extensions.AI/README.md", async client =>
    {
        var embedding = await client.GetFromJsonAsync<float[]>("/embed?text=red");
        Assert.Equal(Models.TinyClip.Dimension, embedding!.Length);
    });

    [Fact]
    public Task TheServersReadmeServes() => Serve("src/Microsoft.ML.Clip.AspNetCore/README.md", async client =>
    {
        Assert.Equal("healthy\n", await client.GetStringAsync("/clip/healthz"));
        Assert.Contains("<title>CLIP</title>", await client.GetStringAsync("/clip/"), StringComparison.Ordinal);
    });

    /// <summary>Starts a page's application, and stops it after the requests.</summary>
    private static async Task Serve(string page, Func<HttpClient, Task> ask)
    {
        var program = DocsProgram.Of(page).Single(p => p.IsWeb);
        using var hosts = new HostWatcher();
        var run = Task.Run(() => program.Run("--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"));
        var host = await hosts.Started.WaitAsync(TimeSpan.FromSeconds(60));
        try
        {
            var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            await ask(client);
        }
        finally
        {
            await host.StopAsync();
            await run;
        }
    }

    private static async Task<JsonElement> Post(HttpClient client, string path, byte[] body)
    {
        using var response = await client.PostAsync(path, new ByteArrayContent(body));
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Learns of the host that a program builds, through the event that .NET's own test host listens to.</summary>
    private sealed class HostWatcher : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly TaskCompletionSource<IHost> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<IDisposable> _subscriptions = [];

        public HostWatcher() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

        public Task<IHost> Started => _started.Task;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is not { Key: "HostBuilt", Value: IHost host }) return;
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => _started.TrySetResult(host));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => _started.TrySetException(error);

        public void Dispose() => _subscriptions.ForEach(s => s.Dispose());
    }
}
