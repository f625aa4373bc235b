using System.CommandLine;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;
using Clip.Cli.Serving;

namespace Clip.Cli.Commands;

/// <summary><c>clip serve</c>: a model over HTTP, and a page to try it.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var options = new ServeOptions();
        var command = new Command("serve", "Serves a model over HTTP, as OpenAI's embeddings API and more, with a page to try it.");
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var settings = options.Parse(parsed);
            using var stop = new StopSignals();
            var folder = await PretrainedModel.ResolveAsync(settings.Folder, stop.Token).ConfigureAwait(false);
            await Server.RunAsync(settings with { Folder = folder }, stop.Token).ConfigureAwait(false);
        });
        return command;
    }
}
