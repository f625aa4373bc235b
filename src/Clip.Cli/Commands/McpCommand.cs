using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Clip.Cli.Serving;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip mcp</c>: an index as tools of an assistant, by the Model Context Protocol on standard input and output.</summary>
internal static class McpCommand
{
    public static Command Create()
    {
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        model.Description += " Without it, the one that the index was made with.";
        var index = new Option<string>("--index") { Description = "An index of pictures that 'clip index' wrote.", Required = true };
        var cache = new CacheGraphOption();
        var command = new Command("mcp", "Lets assistants search an index of pictures, over the Model Context Protocol.")
        {
            index, model, cache.Option,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Without a model given, the one that the index was made with.
            var name = SearchedModel.Name(parsed, model, () => SearchedModel.Of(parsed.GetValue(index)!));
            var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
            var options = cache.ParseModel(parsed);
            await ToolServer.RunAsync(folder, PretrainedModel.NameOf(name), parsed.GetValue(index)!, options, cancellation)
                .ConfigureAwait(false);
        });
        return command;
    }
}
