using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Conversion.ModelFolders;

namespace Clip.Cli.Commands;

/// <summary><c>clip inspect</c>: what a checkpoint, a model folder or an ONNX file holds, and what it lacks.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("path")
        {
            Description = "A checkpoint, a model folder, an .onnx file, or the name of a model to download.",
        };
        var command = new Command("inspect", "Tells what a checkpoint, folder or graph holds, and what it lacks.") { path };
        command.SetAction(async (parsed, cancellation) =>
        {
            var found = await PretrainedModel.ResolveOrPathAsync(parsed.GetValue(path)!, cancellation).ConfigureAwait(false);
            foreach (var (heading, text) in Inspection.Of(found)) Console.WriteLine($"{heading,-14} {Flags.In(text)}");
        });
        return command;
    }
}
