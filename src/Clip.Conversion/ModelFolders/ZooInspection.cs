using System.Globalization;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.ModelFolders;

/// <summary>Tells what a file or folder of one of the zoo's families holds, as <see cref="Inspection"/> does of others.</summary>
internal static class ZooInspection
{
    /// <summary>A checkpoint, or a folder with one.</summary>
    public static IEnumerable<(string Heading, string Text)> Checkpoint(ZooFiles files, string path, CompanionFiles around)
    {
        using var checkpoint = CheckpointFile.OpenAsNamed(path);
        yield return ("kind", $"checkpoint, {checkpoint.Format}, its family's own names");
        var missing = new List<string>();
        foreach (var line in Lines(files, checkpoint, around, missing)) yield return line;
        if (around.Preprocessing() is var (found, file))
            yield return ("preprocessing", $"{ModelPreprocessing.Describe(found)} ({Path.GetFileName(file)})");
        foreach (var text in missing) yield return ("missing", text);
        yield return ("to use it", "clip convert");
    }

    /// <summary>What a folder's weights and tokenizer are.</summary>
    public static IEnumerable<(string Heading, string Text)> Model(
        ZooFiles files, string path, CompanionFiles around, List<string> missing)
    {
        using var checkpoint = CheckpointFile.OpenAsNamed(path);
        foreach (var line in Lines(files, checkpoint, around, missing)) yield return line;
    }

    private static IEnumerable<(string Heading, string Text)> Lines(
        ZooFiles files, CheckpointFile checkpoint, CompanionFiles around, List<string> missing)
    {
        var weights = ZooFiles.Weights(checkpoint, around);
        var model = files.Model(weights);
        var parameters = weights.Where(w => !ClipNames.IsStatistic(w.Key)).Sum(w => (long)w.Value.Data.Length);
        yield return ("architecture", model.Family);
        yield return ("sizes", $"{model.Sizes} ({Path.GetFileName(files.Source)})");
        yield return ("parameters", parameters.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("stored as", ModelDescription.Counts(checkpoint.ElementCounts));
        yield return ("size", ModelDescription.Bytes(checkpoint.Files.Sum(f => new FileInfo(f).Length)));
        if (model.Text is not { } text) yield break;
        if (text is OpenClipText && !files.NamesTokenizer)
        {
            if (around.AnyTokenizer is { } path) yield return ("tokenizer", TokenizerSource.Open(path).Description);
            else missing.Add("a tokenizer, so only the image side can be used: convert the checkpoint with its `Tokenizer`");
        }
        else if (CopiedTokenizer.Find(around.TokenizerFolder) is { } found)
        {
            yield return ("tokenizer", found.CountEntries() is { } entries ? $"{entries} entries" : "a SentencePiece model");
        }
        else
        {
            missing.Add("a tokenizer, so only the image side can be used: convert the checkpoint with its `Tokenizer` (tokenizer.json)");
        }
    }
}
