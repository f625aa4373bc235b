using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

/// <summary>An ASP.NET application that serves a CLIP of three colors on a port of its own.</summary>
internal sealed class ClipApplication : IAsyncDisposable
{
    private readonly TinyFolder _folder;
    private readonly WebApplication _application;

    private ClipApplication(TinyFolder folder, WebApplication application) =>
        (_folder, _application, Client) = (folder, application, new HttpClient { BaseAddress = new Uri(application.Urls.First()) });

    /// <summary>Speaks with it.</summary>
    public HttpClient Client { get; }

    public ClipModel Model => Services.GetRequiredService<ClipModel>();

    public IServiceProvider Services => _application.Services;

    public static async Task<ClipApplication> StartAsync(Action<ClipServerOptions>? configure = null, string prefix = "")
    {
        var folder = new TinyFolder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddClipServer(folder.Path, options =>
        {
            options.ModelName = "colors";
            configure?.Invoke(options);
        });
        var application = builder.Build();
        application.MapClip(prefix);
        await application.StartAsync();
        return new ClipApplication(folder, application);
    }

    /// <summary>A picture of a color as a data URL.</summary>
    public static string DataUrl(int color, int variation = 0) =>
        $"data:image/png;base64,{Convert.ToBase64String(TinyFolder.Picture(color, variation))}";

    /// <summary>Posts JSON.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, object body, CancellationToken cancellation = default) =>
        Client.PostAsJsonAsync(path, body, cancellation);

    /// <summary>Posts JSON and reads JSON, which has to be the answer asked for.</summary>
    public async Task<JsonElement> AskAsync(string path, object body)
    {
        using var response = await PostAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>What an error says, with its status.</summary>
    public static async Task<(int Status, string Message)> ErrorAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)response.StatusCode, body.GetProperty("error").GetProperty("message").GetString()!);
    }

    /// <summary>Stops as at SIGTERM: takes nothing more and answers what is there.</summary>
    public Task StopAsync() => _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
        _folder.Dispose();
    }
}
