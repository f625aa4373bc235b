using System.CommandLine;
using Clip.Cli.Pretrained;
using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip search</c>: finds pictures of an index by words and pictures.</summary>
internal static class SearchCommand
{
    public static Command Create()
    {
        var index = new Argument<string>("index") { Description = "The index, of clip index." };
        var words = new Argument<string[]>("words")
        {
            Description = "What to search for, such as \"red car at night\".",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var query = new QueryOptions();
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        model.Description += " Without it, the one that the index was made with.";
        var top = new Option<int>("--top") { Description = "How many pictures to give.", DefaultValueFactory = _ => 10 };
        var filters = new Option<string[]>("--filter")
        {
            Description = SearchFilter.Description,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON document instead of lines." };
        var open = new Option<bool>("--open") { Description = "Shows the pictures in the browser, too." };
        var command = new Command("search", "Finds pictures of an index by words, by pictures, or by both.") { index, words };
        foreach (var option in query.All.Concat([top, filters, model, json, open])) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var asked = query.Parse(parsed, parsed.GetValue(words)!);
            SearchFilter[] conditions = [.. (parsed.GetValue(filters) ?? []).Select(SearchFilter.Parse)];
            using var opened = ClipImageIndex.Open(parsed.GetValue(index)!);
            var isGiven = parsed.GetResult(model) is { Implicit: false };
            var name = (isGiven ? null : opened.ModelName) ?? parsed.GetValue(model)!;
            var folder = await PretrainedModel.ResolveAsync(name, cancellation).ConfigureAwait(false);
            using var embedder = ClipModel.Open(folder);
            opened.RequireModel(embedder);
            var found = opened.Search(asked.Embed(embedder), new ClipSearchOptions
            {
                Top = parsed.GetValue(top),
                Filter = conditions.Length == 0 ? null : entry => conditions.All(condition => condition.Counts(entry)),
            }, cancellation);
            if (parsed.GetValue(json)) Console.WriteLine(SearchReport.Json(asked, found));
            else foreach (var picture in found) Console.WriteLine(SearchReport.Line(picture));
            if (parsed.GetValue(open)) await Console.Error.WriteLineAsync(ResultPage.Open($"{asked}", found)).ConfigureAwait(false);
        });
        return command;
    }
}
