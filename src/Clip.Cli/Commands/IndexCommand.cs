using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Clip.Cli.Searching.Databases;
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
        var output = new Option<string?>("--output")
        {
            Description = "The index: a file, which is made, or brought up to date where it is there.",
        };
        var database = new DatabaseOptions();
        var approximate = new Option<bool>("--approximate")
        {
            Description = "Makes what clip search --approximate needs, too: for millions of pictures.",
        };
        var watch = new Option<bool>("--watch") { Description = "Goes on, and takes up what changes, until it is stopped." };
        var cache = new CacheGraphOption();
        var layout = new SourceOptions();
        var command = new Command("index", "Embeds pictures into an index, for clip search; run again, it embeds what is new.")
        {
            sources, model, output, approximate, watch, cache.Option,
        };
        foreach (var option in database.All.Concat(layout.All)) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetValue(output);
            if (path is null == (database.Parse(parsed) is null))
                throw new ClipException("Give --output with the index's file, or --store with a database, and not both.");
            var (store, embedder) = path is null
                ? await OpenDatabaseAsync().ConfigureAwait(false)
                : await OpenFileAsync(path).ConfigureAwait(false);
            using (embedder)
            await using (store.ConfigureAwait(false))
            {
                var indexing = new Indexing(store, new PictureEmbedder(embedder), BatchSize);
                var display = new IndexingDisplay();
                await RunAsync(isSilent: false).ConfigureAwait(false);
                while (parsed.GetValue(watch)) await LookAgainAsync().ConfigureAwait(false);

                async Task RunAsync(bool isSilent)
                {
                    using var found = new PictureSources(parsed.GetValue(sources)!, layout.Parse(parsed));
                    var outcome = await indexing.RunAsync(found, display, cancellation).ConfigureAwait(false);
                    if (isSilent && !outcome.HasChanges) return;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path ?? store.Name}: {outcome}"));
                    if (parsed.GetValue(approximate)) await store.BuildApproximateAsync(display, cancellation).ConfigureAwait(false);
                }

                async Task LookAgainAsync()
                {
                    await Task.Delay(LookEvery, cancellation).ConfigureAwait(false);
                    try
                    {
                        await RunAsync(isSilent: true).ConfigureAwait(false);
                    }
                    catch (ClipException e)
                    {
                        // A folder that is empty for the moment, or a table that is being written.
                        display.Skipped(path ?? store.Name, e.Message);
                    }
                }
            }

            async Task<(IPictureStore, ClipModel)> OpenFileAsync(string file)
            {
                var (name, opened) = await OpenModelAsync(SearchedModel.Of(file)).ConfigureAwait(false);
                try
                {
                    return (FileStore.Open(file, opened, SearchedModel.Lasting(name)), opened);
                }
                catch
                {
                    opened.Dispose();
                    throw;
                }
            }

            async Task<(IPictureStore, ClipModel)> OpenDatabaseAsync()
            {
                var opened = await database.OpenAsync(parsed, cancellation).ConfigureAwait(false);
                ClipModel? own = null;
                try
                {
                    (var name, own) = await OpenModelAsync(opened.Model?.Name).ConfigureAwait(false);
                    var stored = new StoredModel(own.Fingerprint, SearchedModel.Lasting(name), own.Dimension);
                    await opened.PrepareAsync(stored, cancellation).ConfigureAwait(false);
                    return (opened, own);
                }
                catch
                {
                    own?.Dispose();
                    await opened.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            }

            // Without a model given, an index keeps the one that it has.
            async Task<(string Name, ClipModel Model)> OpenModelAsync(string? known)
            {
                var name = SearchedModel.Name(parsed, model, () => known);
                var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
                return (name, ClipModel.Open(folder, cache.ParseModel(parsed)));
            }
        });
        return command;
    }
}
