using System.CommandLine;
using Clip.Cli.Pretrained;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;

namespace Clip.Cli.Commands;

/// <summary><c>clip export-safetensors</c>: weights by the names that open_clip or Hugging Face's transformers look for.</summary>
internal static class ExportSafetensorsCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A model folder, a checkpoint, or the name of a model to download." };
        var output = new Option<string>("--output") { Description = "The safetensors file to write.", Required = true };
        var naming = new Option<string>("--naming")
        {
            Description = "openai (also open_clip's names) or hf.",
            DefaultValueFactory = _ => "openai",
        };
        naming.AcceptOnlyFromAmong("openai", "hf");
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a file that is there." };
        var command = new Command("export-safetensors", "Writes weights by OpenAI's or Hugging Face's names.")
        {
            model, output, naming, overwrite,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var target = Path.GetFullPath(parsed.GetValue(output)!);
            if (Directory.Exists(target)) throw new ClipException($"{target} is a folder; give the name of a file for --output.");
            if (File.Exists(target) && !parsed.GetValue(overwrite))
                throw new ClipException($"{target} is there already; give another --output, or --overwrite.");
            var source = await PretrainedModel.ResolveOrPathAsync(parsed.GetValue(model)!, cancellation).ConfigureAwait(false);
            // Families that Hugging Face's CLIP and OpenAI's names do not know keep their own.
            var isOfZoo = ZooFiles.Find(null, CompanionFiles.Of(source)) is not null;
            if (isOfZoo && parsed.GetValue(naming) == "hf")
                throw new ClipException($"{source} is of a kind that Hugging Face's CLIP does not know; leave --naming out.");
            using var checkpoint = isOfZoo ? CheckpointFile.OpenAsNamed(source) : CheckpointFile.Open(source);
            // What is read is mapped, not copied, and must outlive its copy.
            if (checkpoint.Files.Any(file => Path.GetFullPath(file) == target))
                throw new ClipException($"{target} is what is exported; give another --output.");
            var merged = LowRankMerge.Apply(checkpoint.Weights);
            FiniteWeights.Require(merged, checkpoint.Path);
            var weights = parsed.GetValue(naming) == "hf" ? NameMap.ToHuggingFace(merged)
                : merged.ContainsKey(ClipNames.Image.Probe) ? SiglipNames.ToOpenClip(merged)
                : merged;
            SafetensorsWriter.Write(target, weights);
            Console.WriteLine($"{weights.Count} tensors: {target}");
        });
        return command;
    }
}
