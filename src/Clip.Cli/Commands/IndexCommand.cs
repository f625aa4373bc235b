using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip index</c>: embeds pictures once, so that they can be searched.</summary>
internal static class IndexCommand
{
    private const int BatchSize = 32;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var sources = new Argument<string[]>("sources") { Description = PictureSources.Description, Arity = ArgumentArity.OneOrMore };
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        var output = new Option<string>("--output")
        {
            Description = "The index: a file, which is made, or brought up to date where it is there.",
            Required = true,
        };
        var watch = new Option<bool>("--watch") { Description = "Goes on, and takes up what changes, until it is stopped." };
        var layout = new SourceOptions();
        var command = new Command("index", "Embeds pictures into an index, for clip search; run again, it embeds what is new.")
        {
            sources, model, output, watch,
        };
        foreach (var option in layout.All) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetValue(output)!;
            // Without a model given, an index keeps the one that it has.
            var isGiven = parsed.GetResult(model) is { Implicit: false };
            var name = (isGiven ? null : SearchedModel.Of(path)) ?? parsed.GetValue(model)!;
            var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
            using var opened = ClipModel.Open(folder);
            var store = FileStore.Open(path, opened, SearchedModel.Lasting(name));
            await using (store.ConfigureAwait(false))
            {
                var indexing = new Indexing(store, new PictureEmbedder(opened), BatchSize);
                var display = new IndexingDisplay();
                await RunAsync(display).ConfigureAwait(false);
                while (parsed.GetValue(watch)) await LookAgainAsync(display).ConfigureAwait(false);

                async Task<bool> RunAsync(IndexingDisplay shown, bool isSilent = false)
                {
                    using var found = new PictureSources(parsed.GetValue(sources)!, layout.Parse(parsed));
                    var outcome = await indexing.RunAsync(found, shown, cancellation).ConfigureAwait(false);
                    if (outcome.HasChanges || !isSilent)
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {outcome}"));
                    return outcome.HasChanges;
                }

                async Task LookAgainAsync(IndexingDisplay shown)
                {
                    await Task.Delay(LookEvery, cancellation).ConfigureAwait(false);
                    try
                    {
                        await RunAsync(shown, isSilent: true).ConfigureAwait(false);
                    }
                    catch (ClipException e)
                    {
                        // A folder that is empty for the moment, or a table that is being written.
                        shown.Skipped(path, e.Message);
                    }
                }
            }
        });
        return command;
    }
}
