using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Clip.Cli.Serving;

/// <summary>The web application around <c>app.MapClip()</c>: where it listens, who may ask, and its metrics.</summary>
internal static class ServerApplication
{
    private static readonly string[] Meters =
        ["Microsoft.ML.Clip.AspNetCore", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    public static WebApplication Build(ServeSettings settings)
    {
        // Empty: files and variables that happen to lie around (appsettings.json, ASPNETCORE_URLS) change nothing.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 1024;
            kestrel.Listen(new IPEndPoint(settings.Address, settings.Port));
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).ToStandardError();
        builder.Services.AddRoutingCore();
        var hasIndex = false;
        builder.Services.AddClipServer(settings.Folder, options =>
        {
            options.ModelName = settings.Name;
            settings.Configure(options);
            hasIndex = options.IndexPath is not null;
        });
        // Without sessions: each request is answered by itself.
        if (hasIndex) builder.Services.AddPictureTools().WithHttpTransport(transport => transport.Stateless = true);
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());

        var application = builder.Build();
        application.UseMiddleware<OriginGuard>(IPAddress.IsLoopback(settings.Address));
        if (settings.ApiKey is { } key) application.UseMiddleware<ApiKeyGuard>(key);
        application.UseRouting();
        application.MapClip();
        if (hasIndex) application.MapMcp("/mcp");
        application.MapPrometheusScrapingEndpoint("/metrics");
        return application;
    }
}
