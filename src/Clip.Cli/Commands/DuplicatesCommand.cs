using System.CommandLine;
using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip duplicates</c>: pictures of an index that are nearly the same.</summary>
internal static class DuplicatesCommand
{
    public static Command Create()
    {
        var index = new Argument<string>("index") { Description = "The index, of clip index." };
        var least = new Option<double>("--min-score")
        {
            Description = "How alike two pictures must be: the cosine of their embeddings, 1 for the same.",
            DefaultValueFactory = _ => 0.95,
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON document instead of lines." };
        var command = new Command("duplicates", "Groups the pictures of an index that are nearly the same.") { index, least, json };
        command.SetAction((parsed, cancellation) =>
        {
            using var opened = ClipImageIndex.Open(parsed.GetValue(index)!);
            var display = new IndexingDisplay();
            var done = 0;
            IReadOnlyList<IReadOnlyList<ClipSearchResult>> groups;
            using (display.Start(opened.Count))
            {
                groups = opened.FindDuplicates((float)parsed.GetValue(least), new ToldAtOnce(pictures =>
                {
                    display.Advance(pictures - done);
                    done = pictures;
                }), cancellation);
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(SearchReport.Json(groups));
                return Task.FromResult(0);
            }

            foreach (var group in groups)
            {
                foreach (var picture in group) Console.WriteLine(SearchReport.Line(picture));
                Console.WriteLine();
            }

            var pictures = groups.Sum(group => group.Count);
            Console.WriteLine(
                groups.Count == 0 ? "no duplicates" : FormattableString.Invariant(
                    $"{pictures} pictures in {groups.Count} {(groups.Count == 1 ? "group" : "groups")}"));
            return Task.FromResult(0);
        });
        return command;
    }
}
