using System.CommandLine;
using System.Globalization;
using Clip.Cli.Pretrained;
using Clip.Conversion.ModelFolders;

namespace Clip.Cli.Commands;

/// <summary><c>clip interpolate</c>: the models between two, as WiSE-FT has it.</summary>
internal static class InterpolateCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("from")
        {
            Description = "A model folder or the name of a model; alpha 0 is this model, such as the one before fine-tuning.",
        };
        var to = new Argument<string>("to")
        {
            Description = "A model folder or name, of the same architecture and vocabulary; alpha 1 is this model.",
        };
        var alpha = new Option<double[]>("--alpha")
        {
            Description = "How far from the first to the second, 0 to 1; each of several is written to OUTPUT-ALPHA.",
            DefaultValueFactory = _ => [0.5],
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<string>("--output") { Description = "The model folder to write.", Required = true };
        var command = new Command("interpolate", "Writes the models between two (WiSE-FT).") { from, to, alpha, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var alphas = parsed.GetValue(alpha)!;
            var before = await PretrainedModel.ResolveOrPathAsync(parsed.GetValue(from)!, cancellation).ConfigureAwait(false);
            var after = await PretrainedModel.ResolveOrPathAsync(parsed.GetValue(to)!, cancellation).ConfigureAwait(false);
            var folders = alphas
                .Select(value => alphas.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"-{value}") : "")
                .Select(suffix => parsed.GetValue(output)! + suffix)
                .ToArray();
            // All of them before the first is written.
            foreach (var folder in folders) ModelFolderWriter.EnsureReplaceable(folder, before, after);
            foreach (var (value, folder) in alphas.Zip(folders))
            {
                InterpolatedFolder.Write(before, after, value, folder);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"alpha {value}: {Path.GetFullPath(folder)}"));
            }
        });
        return command;
    }
}
