using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;
using Clip.Cli.Searching;
using Clip.Cli.Serving;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip serve</c>: a model over HTTP, and a page to try it.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        model.Description += " Without it, the one that the index was made with.";
        var index = new Option<string?>("--index")
        {
            Description = "An index of pictures that 'clip index' wrote with the same model, to search in.",
        };
        var labels = new Option<string[]>("--labels")
        {
            Description = "Labels that the page begins with, and /classify takes without any: words, or a text file with one per line.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var templates = new Option<string[]>("--templates")
        {
            Description = "Prompts with {} or {c} for the label, or a text file with one per line; 'a photo of a {}.' without it.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "The address to listen at; 0.0.0.0 lets other machines ask, and needs --api-key.",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        var port = new Option<int>("--port")
        {
            Description = "The port to listen at; 0 takes one that is free.",
            DefaultValueFactory = _ => 8080,
        };
        var key = new Option<string?>("--api-key")
        {
            Description = "What every request has to bring as 'Authorization: Bearer KEY'; CLIP_API_KEY of the environment without it, "
                + "which other users of the machine do not see.",
        };
        var standard = new ClipServerOptions();
        var batch = new Option<int>("--max-batch")
        {
            Description = "The most pictures or texts, of any number of requests, that run together; 1 is no batching.",
            DefaultValueFactory = _ => standard.MaxBatchSize,
        };
        var delay = new Option<double>("--batch-delay")
        {
            Description = "Milliseconds that a run waits for other requests to join it, while there are any.",
            DefaultValueFactory = _ => standard.BatchDelay.TotalMilliseconds,
        };
        var queue = new Option<int>("--queue")
        {
            Description = "The most pictures, and the most texts, that wait at a time; a request beyond is answered 503.",
            DefaultValueFactory = _ => standard.QueueLimit,
        };
        var command = new Command("serve", "Serves a model over HTTP, as OpenAI's embeddings API and more, with a page to try it.")
        {
            model, index, labels, templates, listen, port, key, batch, delay, queue,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var apiKey = ServeSettings.ParseKey(parsed.GetValue(key));
            var address = ServeSettings.ParseAddress(parsed.GetValue(listen)!, apiKey);
            var (words, prompts) = ClassifyWords.ReadLabels(parsed.GetValue(labels) ?? [], parsed.GetValue(templates) ?? []);
            using var stop = new StopSignals();
            // Without a model given, the one that the index was made with.
            var isGiven = parsed.GetResult(model) is { Implicit: false };
            var name = (isGiven || parsed.GetValue(index) is not { } path ? null : SearchedModel.Of(path)) ?? parsed.GetValue(model)!;
            var folder = await PretrainedModel.ResolveAsync(name, stop.Token).ConfigureAwait(false);
            await Server.RunAsync(
                new ServeSettings(folder, PretrainedModel.NameOf(name), address, parsed.GetValue(port))
                {
                    ApiKey = apiKey,
                    Configure = options =>
                    {
                        options.IndexPath = parsed.GetValue(index);
                        options.Labels = words;
                        options.Templates = prompts ?? options.Templates;
                        options.MaxBatchSize = parsed.GetValue(batch);
                        options.BatchDelay = TimeSpan.FromMilliseconds(parsed.GetValue(delay));
                        options.QueueLimit = parsed.GetValue(queue);
                    },
                },
                stop.Token).ConfigureAwait(false);
        });
        return command;
    }
}
