using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Clip.Cli.Searching.Databases;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip search</c>: finds pictures of an index by words and pictures.</summary>
internal static class SearchCommand
{
    public static Command Create()
    {
        var index = new Argument<string>("index")
        {
            Description = "The index, of clip index; with --store there is none, and words begin here.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var words = new Argument<string[]>("words")
        {
            Description = "What to search for, such as \"red car at night\".",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var query = new QueryOptions();
        var database = new DatabaseOptions();
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        model.Description += " Without it, the one that the index was made with.";
        var top = new Option<int>("--top") { Description = "How many pictures to give.", DefaultValueFactory = _ => 10 };
        var filters = new Option<string[]>("--filter")
        {
            Description = SearchFilter.Description,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var approximate = new Option<bool>("--approximate")
        {
            Description = "Searches by the graph of clip index --approximate: faster over millions, and may miss a few.",
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON document instead of lines." };
        var open = new Option<bool>("--open") { Description = "Shows the pictures in the browser, too." };
        var cache = new CacheGraphOption();
        var command = new Command("search", "Finds pictures of an index by words, by pictures, or by both.") { index, words };
        foreach (var option in query.All.Concat([top, filters, approximate]).Concat(database.All).Concat([model, cache.Option, json, open]))
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] positional = [.. new[] { parsed.GetValue(index) }.OfType<string>(), .. parsed.GetValue(words)!];
            var isStored = database.Parse(parsed) is not null;
            if (!isStored && positional.Length == 0)
                throw new ClipException("Give the index of clip index, and behind it the words to search by.");
            var asked = query.Parse(parsed, isStored ? positional : positional[1..]);
            SearchFilter[] conditions = [.. (parsed.GetValue(filters) ?? []).Select(SearchFilter.Parse)];
            var found = isStored ? await SearchDatabaseAsync().ConfigureAwait(false) : await SearchFileAsync().ConfigureAwait(false);
            if (parsed.GetValue(json)) Console.WriteLine(SearchReport.Json(asked, found));
            else foreach (var picture in found) Console.WriteLine(SearchReport.Line(picture));
            if (parsed.GetValue(open)) await Console.Error.WriteLineAsync(ResultPage.Open($"{asked}", found)).ConfigureAwait(false);

            async Task<IReadOnlyList<ClipSearchResult>> SearchFileAsync()
            {
                using var opened = ClipImageIndex.Open(positional[0]);
                using var embedder = await OpenModelAsync(opened.ModelName).ConfigureAwait(false);
                opened.RequireModel(embedder);
                try
                {
                    return opened.Search(asked.Embed(embedder), new ClipSearchOptions
                    {
                        Top = parsed.GetValue(top),
                        Filter = conditions.Length == 0 ? null : entry => conditions.All(condition => condition.Counts(entry)),
                        Approximate = parsed.GetValue(approximate),
                    }, cancellation);
                }
                catch (InvalidOperationException e) when (parsed.GetValue(approximate))
                {
                    // There is no graph, or that of another state.
                    throw new ClipException(e.Message, e);
                }
            }

            async Task<IReadOnlyList<ClipSearchResult>> SearchDatabaseAsync()
            {
                var opened = await database.OpenAsync(parsed, cancellation).ConfigureAwait(false);
                await using (opened.ConfigureAwait(false))
                {
                    using var embedder = await OpenModelAsync(opened.Model?.Name).ConfigureAwait(false);
                    opened.Require(embedder.Fingerprint);
                    return await opened.SearchAsync(
                        asked.Embed(embedder), parsed.GetValue(top), conditions, parsed.GetValue(approximate), cancellation)
                        .ConfigureAwait(false);
                }
            }

            async Task<ClipModel> OpenModelAsync(string? known)
            {
                var name = SearchedModel.Name(parsed, model, () => known);
                var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
                return ClipModel.Open(folder, cache.ParseModel(parsed));
            }
        });
        return command;
    }
}
