using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Data.Splitting;

namespace Clip.Cli.Commands;

/// <summary><c>clip data split</c>: tables without some names or pictures, and with them alone.</summary>
internal static class DataSplit
{
    public static Command Create()
    {
        var tables = new Argument<string[]>("tables")
        {
            Description = "Tables of pictures and captions; what is held out is held out of all of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var layout = new TableOptions();
        var by = new Option<string>("--by")
        {
            Description = "What rows are held out by: caption, so that names are never seen, nor names that contain them or are "
                + "contained in them; or image.",
            DefaultValueFactory = _ => "caption",
        };
        by.AcceptOnlyFromAmong("caption", "image");
        var share = new Option<double>("--hold-out")
        {
            Description = "The share to hold out, of the names or of the pictures.",
            DefaultValueFactory = _ => 0.1,
        };
        var seed = new Option<long>("--seed") { Description = "Decides which are held out.", DefaultValueFactory = _ => 0 };
        var output = new Option<string>("--output")
        {
            Description = "The folder to make: the tables without what is held out, in held-out/ those with it alone, "
                + "and in each a classnames.txt.",
            Required = true,
        };
        var command = new Command("split", "Divides tables by captions or pictures, so that what is held out is never trained on.")
        {
            tables, by, share, seed, output,
        };
        foreach (var option in layout.All) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var what = parsed.GetValue(by) == "image" ? SplitBy.Image : SplitBy.Caption;
            var target = parsed.GetValue(output)!;
            var counts = new TableSplit(layout.Parse(parsed)).Write(
                parsed.GetValue(tables)!, what, parsed.GetValue(share), parsed.GetValue(seed), target);
            var unit = what == SplitBy.Image ? "pictures" : "names";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{counts.HeldOutKeys} of {counts.Keys} {unit} are held out, {counts.HeldOutRows} of {counts.Rows} rows: "
                + $"{Path.GetFullPath(target)}"));
        });
        return command;
    }
}
