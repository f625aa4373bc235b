using System.CommandLine;
using Clip.Cli.Options;
using Clip.Conversion.ModelFolders;
using Clip.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using TorchSharp;

namespace Clip.Cli.Commands;

/// <summary><c>clip caption</c>: says what is in pictures, with a model trained by <c>--objective virtex</c>.</summary>
internal static class CaptionCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = "A model folder that 'clip train --objective virtex' wrote.",
            Required = true,
        };
        var beams = new Option<int>("--beam-size")
        {
            Description = "Captions that the beam search follows at once; 1 is greedy search.",
            DefaultValueFactory = _ => 5,
        };
        var device = DeviceOption.Create();
        var images = new Argument<string[]>("images") { Description = "Pictures.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("caption", "Captions pictures.") { model, beams, device, images };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(model)!;
            var objective = ObjectiveFolder.Open(folder, out var config, parsed.GetValue(device)!);
            using var module = objective.Module;
            if (module is not VirTexModel captioner)
                throw new ClipException(
                    $"{folder} holds a model that does not caption; give one that 'clip train --objective virtex' wrote.");

            var tokenizer = ClipTokenizer.Create(folder);
            var preprocessor = ClipImagePreprocessor.Create(
                ModelPreprocessing.Of(folder, config));
            var search = new BeamSearch(captioner, parsed.GetValue(beams));
            foreach (var path in parsed.GetValue(images)!)
            {
                using var scope = torch.NewDisposeScope();
                var values = new float[preprocessor.FloatCount];
                ImageFile.Prepare(preprocessor, path, values);
                var pixels = torch.tensor(values, [1, 3, config.Vision.ImageSize, config.Vision.ImageSize]);
                var ids = search.Caption(pixels.to(captioner.parameters().First().device));
                Console.WriteLine($"{path}\t{tokenizer.Decode(ids).Trim()}");
            }
        });
        return command;
    }
}
