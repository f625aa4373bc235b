using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip;

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
            // What is wrong with the model is told now, and the first request does not wait for it.
            var model = application.Services.GetRequiredService<ClipModel>();
            await Task.Run(() => _ = (model.TextTower, model.ImageTower, model.Fingerprint), stop).ConfigureAwait(false);
            await application.StartAsync(stop).ConfigureAwait(false);
            foreach (var url in application.Urls) Console.WriteLine($"Serving {settings.Name} at {url}/ (Ctrl-C stops).");
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var patience = new CancellationTokenSource(Patience);
            await application.StopAsync(patience.Token).ConfigureAwait(false);
        }
    }
}
