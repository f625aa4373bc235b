using System.CommandLine;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;

namespace Clip.Cli.Commands;

/// <summary><c>clip init</c>: a model folder of an architecture with starting weights, to measure with. libtorch is not needed.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = "The name of a config that comes with the program or of clip models --zoo, or a config's path.",
            Required = true,
        };
        var output = new Option<string>("--output") { Description = "The model folder to write.", Required = true };
        var seed = new Option<long>("--seed") { Description = "Decides the weights." };
        var tokenizer = new Option<string?>("--tokenizer")
        {
            Description = $"{TokenizerFiles.Forms} The vocabulary's size is taken from it.",
        };
        var command = new Command("init", "Writes a model folder with random starting weights.") { model, output, seed, tokenizer };
        command.SetAction(parsed =>
        {
            var target = ModelFolderWriter.EnsureReplaceable(parsed.GetValue(output)!, parsed.GetValue(tokenizer)?.Split('+') ?? []);
            if (ZooFiles.Find(parsed.GetValue(model)!, new CompanionFiles(null)) is { } zoo)
            {
                Console.WriteLine(ZooFolder.WriteRandom(zoo, parsed.GetValue(tokenizer), parsed.GetValue(seed), target));
                Console.WriteLine($"Model folder: {target}");
                return;
            }

            var config = ModelConfigFile.Read(parsed.GetValue(model)!);
            var writeTokenizer = parsed.GetValue(tokenizer) is { } path ? Tokenizer(path, ref config) : null;
            var weights = RandomWeights.Create(config, parsed.GetValue(seed));
            ModelFolderWriter.Write(new ModelFolderContents(config, weights, ModelPreprocessing.Usual(config), writeTokenizer), target);
            Console.WriteLine($"{ModelDescription.Architecture(config)}: {ModelDescription.Sizes(config)}");
            Console.WriteLine($"Model folder: {target}");
        });
        return command;
    }

    /// <summary>What writes a tokenizer into a folder; the model is made to fit it.</summary>
    private static Action<string> Tokenizer(string path, ref ClipConfig config)
    {
        if (config.IsSiglip)
        {
            var files = CopiedTokenizer.Open(path);
            if (files.CountEntries() is { } entries) config = config with { Text = config.Text with { VocabSize = entries } };
            return files.CopyTo;
        }

        var tokenizer = ModelTokenizer.Open(path, config);
        config = tokenizer.Config;
        return tokenizer.Write;
    }
}
