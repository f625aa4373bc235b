using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.AspNetCore.Searching;
using ModelContextProtocol.Server;

namespace Clip.Cli.Serving;

/// <summary>The tools on standard input and output, until the assistant closes them.</summary>
internal static class ToolServer
{
    /// <inheritdoc cref="Prepare"/>
    public static async Task RunAsync(string folder, string name, string indexPath, ClipModelOptions model, CancellationToken cancellation)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // Standard output is the protocol's alone.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).ToStandardError();
        builder.Services.AddClipServer(folder, options =>
            (options.ModelName, options.IndexPath, options.Model) = (name, indexPath, model));
        builder.Services.AddPictureTools().WithStdioServerTransport();
        using var host = builder.Build();
        Prepare(host.Services);
        await host.RunAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The server and its tools, on whatever transport comes behind.</summary>
    public static IMcpServerBuilder AddPictureTools(this IServiceCollection services) => services
        .AddMcpServer(options =>
        {
            var version = typeof(ToolServer).Assembly.GetName().Version!.ToString(3);
            options.ServerInfo = new() { Name = "clip", Title = "Pictures", Version = version };
            options.ServerInstructions = "Searches the person's own pictures by what they show. The pictures themselves are not given.";
        })
        .WithTools<PictureTools>();

    /// <summary>Opens model and index: what is wrong with them is told now, and the first request does not wait for it.</summary>
    /// <exception cref="ClipException">The index is of another model.</exception>
    public static void Prepare(IServiceProvider services)
    {
        var model = services.GetRequiredService<ClipModel>();
        _ = (model.TextTower, model.ImageTower, model.Fingerprint);
        try
        {
            services.GetRequiredService<PictureIndex>();
        }
        catch (InvalidOperationException e)
        {
            throw new ClipException(e.Message, e);
        }
    }

    /// <summary>Logs a line a message, and none of them to standard output.</summary>
    public static ILoggingBuilder ToStandardError(this ILoggingBuilder logging)
    {
        // What keeps a server from starting is thrown, and told in a sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddSimpleConsole(line => line.SingleLine = true);
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging;
    }
}
