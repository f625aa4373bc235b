using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip.AspNetCore</c>.</summary>
public static class MicrosoftMLClipAspNetCore
{
    /// <param name="args">A model folder.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddClipServer(args[0]);
        using var app = builder.Build();
        app.MapClip("/clip");
        app.StartAsync().GetAwaiter().GetResult();
        using var client = new HttpClient();
        using var info = JsonDocument.Parse(client.GetStringAsync(new Uri($"{app.Urls.First()}/clip/info")).GetAwaiter().GetResult());
        return [info.RootElement.GetProperty("dimension").GetInt32().ToString(CultureInfo.InvariantCulture)];
    }
}
