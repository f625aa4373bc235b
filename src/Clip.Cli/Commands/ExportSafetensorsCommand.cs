using System.CommandLine;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;

namespace Clip.Cli.Commands;

/// <summary><c>clip export-safetensors</c>: weights by the names that open_clip or Hugging Face's transformers look for.</summary>
internal static class ExportSafetensorsCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A model folder or a checkpoint." };
        var output = new Option<string>("--output") { Description = "The safetensors file to write.", Required = true };
        var naming = new Option<string>("--naming")
        {
            Description = "openai (also open_clip's names) or hf.",
            DefaultValueFactory = _ => "openai",
        };
        naming.AcceptOnlyFromAmong("openai", "hf");
        var command = new Command("export-safetensors", "Writes weights by OpenAI's or Hugging Face's names.") { model, output, naming };
        command.SetAction(parsed =>
        {
            using var checkpoint = CheckpointFile.Open(parsed.GetValue(model)!);
            var weights = parsed.GetValue(naming) == "hf" ? NameMap.ToHuggingFace(checkpoint.Weights)
                : checkpoint.Weights.ContainsKey(ClipNames.Image.Probe) ? SiglipNames.ToOpenClip(checkpoint.Weights)
                : checkpoint.Weights;
            SafetensorsWriter.Write(parsed.GetValue(output)!, weights);
            Console.WriteLine($"{weights.Count} tensors: {Path.GetFullPath(parsed.GetValue(output)!)}");
        });
        return command;
    }
}
