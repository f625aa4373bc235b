using System.CommandLine;
using Clip.Trainer.Data;
using Clip.Trainer.Tokenizing;

namespace Clip.Trainer.Commands;

/// <summary><c>clip tokenizer train</c>: learns a byte-level BPE vocabulary from captions.</summary>
internal static class TokenizerCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--train-data") { Description = "Table with captions, or a text file (.txt) with a caption a line.", Required = true };
        var table = new TableOptions();
        var vocabSize = new Option<int>("--vocab-size") { Description = "Entries, the 512 byte symbols and two special tokens included.", DefaultValueFactory = _ => 8192 };
        var output = new Option<string>("--output") { Description = "Folder to write tokenizer.json, vocab.json and merges.txt to.", Required = true };
        var train = new Command("train", "Learns a byte-level BPE vocabulary from captions.") { data, vocabSize, output, table.Separator, table.ImageKey, table.CaptionKeys };
        train.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(data)!;
            var vocabulary = BpeTrainer.Train(Captions(path, table.Parse(parsed)), parsed.GetValue(vocabSize), cancellation: cancellation);
            var folder = parsed.GetValue(output)!;
            Directory.CreateDirectory(folder);
            vocabulary.Save(folder);
            Console.WriteLine($"{vocabulary.Size} entries: {Path.GetFullPath(folder)}");
            return Task.FromResult(0);
        });
        return new Command("tokenizer", "Makes tokenizers.") { train };
    }

    private static IEnumerable<string> Captions(string path, CaptionTableOptions table)
    {
        if (!path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            return CaptionTable.Read(path, table).SelectMany(row => row.Captions);
        return LineFile.Read(path, "--train-data");
    }
}
