using System.CommandLine;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Bench;

/// <summary><c>plain</c>: a model folder's image tower as <c>torch.onnx.export</c> would have written it, to compare with.</summary>
internal static class PlainCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder with model.safetensors." };
        var output = new Option<string>("--output") { Description = "The ONNX file to write.", Required = true };
        var command = new Command("plain", "Writes a folder's image tower as a plain graph.") { folder, output };
        command.SetAction(parsed => Write(parsed.GetValue(folder)!, parsed.GetValue(output)!));
        return command;
    }

    /// <summary>Writes the plain graph of a folder's weights.</summary>
    public static void Write(string folder, string file)
    {
        using var checkpoint = CheckpointFile.Open(folder);
        PlainVision.Write(ClipConfigJson.Load(folder), checkpoint.Weights, file);
    }
}
