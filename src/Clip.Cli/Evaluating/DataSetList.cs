using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using Clip.Evaluation.DataSets;

namespace Clip.Cli.Evaluating;

/// <summary><c>clip evaluate --list</c>: the known data sets, for people or as JSON.</summary>
internal static class DataSetList
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The option, which prints instead of what the command does.</summary>
    /// <param name="json">Whether to print JSON.</param>
    public static Option<bool> Option(Option<bool> json) => new("--list")
    {
        Description = "Lists the known data sets: license, size, where people get them, and how their files are laid out; measures "
            + "nothing.",
        Action = new Listing(json),
    };

    private static string Prompts(DataSet set) => set.Templates is null
        ? "none, for pictures and captions are found by each other"
        : FormattableString.Invariant($"{set.Templates.Count}, {(set.OwnWording ? "worded here" : "as CLIP's authors published them")}");

    private sealed class Listing(Option<bool> json) : SynchronousCommandLineAction
    {
        /// <summary>What else is lacking, such as a model, does not matter.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            if (parseResult.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(DataSetCatalog.Sets.Select(set => new
                {
                    set.Name,
                    set.Aliases,
                    set.Title,
                    Task = $"{set.Task}",
                    set.License,
                    set.Size,
                    set.Source,
                    set.Layout,
                    set.Splits,
                    set.Counts,
                    set.Classes,
                    set.Templates,
                    TemplatesWordedHere = set.OwnWording,
                }), Indented));
                return 0;
            }

            foreach (var set in DataSetCatalog.Sets)
            {
                Console.WriteLine($"{set.Name}{string.Concat(set.Aliases.Select(alias => $", {alias}"))}: {set.Title}");
                Console.WriteLine($"  splits   {string.Join(", ", set.Splits)}");
                Console.WriteLine($"  license  {set.License}");
                Console.WriteLine($"  size     {set.Size}");
                Console.WriteLine($"  from     {set.Source}");
                Console.WriteLine($"  layout   {set.Layout}");
                Console.WriteLine($"  prompts  {Prompts(set)}");
            }

            return 0;
        }
    }
}
