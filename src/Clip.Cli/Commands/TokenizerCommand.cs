using System.CommandLine;
using Clip.Cli.Options;
using Clip.Conversion.Tokenizing;
using Clip.Trainer;
using Clip.Trainer.Data.Sources;

namespace Clip.Cli.Commands;

/// <summary><c>clip tokenizer train</c>: learns a byte-level BPE vocabulary from captions.</summary>
internal static class TokenizerCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--train-data")
        {
            Description = "A source with captions, as clip train takes, or a text file (.txt) with one caption per line.",
            Required = true,
        };
        var layout = new SourceOptions();
        var vocabSize = new Option<int>("--vocab-size")
        {
            Description = "Entries, the 512 byte symbols and two special tokens included.",
            DefaultValueFactory = _ => 8192,
        };
        var output = new Option<string>("--output")
        {
            Description = "Folder to write tokenizer.json, vocab.json and merges.txt to.",
            Required = true,
        };
        var train = new Command("train", "Learns a byte-level BPE vocabulary from captions.") { data, vocabSize, output };
        foreach (var option in layout.All) train.Options.Add(option);
        train.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(data)!;
            var vocabulary = BpeTrainer.Train(Captions(path, layout.Parse(parsed)), parsed.GetValue(vocabSize), cancellation: cancellation);
            var folder = parsed.GetValue(output)!;
            Directory.CreateDirectory(folder);
            vocabulary.Save(folder);
            Console.WriteLine($"{vocabulary.Size} entries: {Path.GetFullPath(folder)}");
            return Task.FromResult(0);
        });
        return new Command("tokenizer", "Makes tokenizers.") { train };
    }

    private static IEnumerable<string> Captions(string path, RecordSourceOptions layout)
    {
        if (path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)) return LineFile.Read(path, "--train-data", long.MaxValue);
        return Read();

        IEnumerable<string> Read()
        {
            using var records = RecordSources.Open(path, layout);
            foreach (var caption in RecordSources.Captions(records)) yield return caption;
        }
    }
}
