using System.CommandLine;
using Clip.Cli.Options;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Tokenizing;
using Clip.Data.Sources;
using Clip.Trainer;

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
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a tokenizer that is there." };
        var train = new Command("train", "Learns a byte-level BPE vocabulary from captions.") { data, vocabSize, output, overwrite };
        foreach (var option in layout.All) train.Options.Add(option);
        train.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(data)!;
            var folder = Free(parsed.GetValue(output)!, parsed.GetValue(overwrite));
            var vocabulary = BpeTrainer.Train(
                Captions(path, layout.Parse(parsed)), parsed.GetValue(vocabSize), cancellationToken: cancellation);
            AtomicFolder.Write(folder, target => vocabulary.Save(target));
            Console.WriteLine($"{vocabulary.Size} entries: {folder}");
            return Task.FromResult(0);
        });
        return new Command("tokenizer", "Makes tokenizers.") { train };
    }

    /// <summary>The folder's full path, once it is sure that nothing in it is lost.</summary>
    private static string Free(string output, bool overwrite)
    {
        var folder = Path.GetFullPath(output);
        if (File.Exists(folder)) throw new ClipException($"{folder} is a file; give the name of a folder for the tokenizer.");
        if (!Directory.Exists(folder)) return folder;
        var there = Directory.GetFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)!).ToArray();
        if (there.FirstOrDefault(name => !BpeVocabulary.FileNames.Contains(name)) is { } other)
            throw new ClipException($"{folder} holds more than a tokenizer ('{other}'); give a new or an empty folder.");
        return there.Length == 0 || overwrite
            ? folder
            : throw new ClipException($"{folder} holds a tokenizer already; give another --output, or --overwrite.");
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
