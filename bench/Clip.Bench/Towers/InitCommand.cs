using System.CommandLine;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;

namespace Clip.Bench;

/// <summary>
/// <c>init</c>: a model folder of a published model's sizes with random weights, which cost as much to run as trained ones.
/// </summary>
internal static class InitCommand
{
    private const int VocabularySize = 8192;

    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = $"The sizes: {string.Join(", ", ClipConfigJson.Names)}, or a config.json.",
            DefaultValueFactory = _ => "ViT-B-32",
        };
        var output = new Option<string>("--output") { Description = "The folder to write.", Required = true };
        var tokenizer = new Option<string?>("--tokenizer")
        {
            Description = "A folder with the tokenizer to use; without, a small one is learned from the benchmark's prompts.",
        };
        var command = new Command("init", "Writes a model folder with random weights.") { model, output, tokenizer };
        command.SetAction(parsed =>
        {
            var target = ModelFolderWriter.EnsureReplaceable(parsed.GetValue(output)!);
            var vocabulary = parsed.GetValue(tokenizer) is { } given
                ? BpeVocabulary.Load(given)
                : BpeTrainer.Train(Prompts.ForClasses(Prompts.ClassCount), VocabularySize);
            var config = ClipConfigJson.Load(parsed.GetValue(model)!).WithVocabulary(vocabulary);
            ModelFolderWriter.Write(
                new ModelFolderContents(
                    config, RandomWeights.Create(config, seed: 0), ModelPreprocessing.Usual(config),
                    folder => vocabulary.Save(folder, config.Text.ContextLength)),
                target);
            Console.WriteLine(target);
        });
        return command;
    }
}
