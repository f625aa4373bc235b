using Microsoft.AspNetCore.Builder;

namespace Clip.Cli.Serving;

/// <summary>Runs the web application until it is told to stop.</summary>
internal static class Server
{
    /// <summary>Long enough for what is in the queue.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Opens the model, listens, says where, and at the end answers what is in the queue.</summary>
    /// <exception cref="IOException">The port is another program's.</exception>
    public static async Task RunAsync(ServeSettings settings, CancellationToken stop)
    {
        var application = ServerApplication.Build(settings);
        await using (application.ConfigureAwait(false))
        {
            await Task.Run(() => ToolServer.Prepare(application.Services), stop).ConfigureAwait(false);
            await application.StartAsync(stop).ConfigureAwait(false);
            foreach (var url in application.Urls) Console.WriteLine($"Serving {settings.Name} at {url}/ (Ctrl-C stops).");
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var patience = new CancellationTokenSource(Patience);
            await application.StopAsync(patience.Token).ConfigureAwait(false);
        }
    }
}
