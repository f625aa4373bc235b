using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip.Files;

namespace Clip.Conversion.ModelFolders;

/// <summary>
/// A tokenizer that is copied as it is, as SigLIP's and those of Hugging Face's text towers: it is not opened, for a model converts whether
/// or not its texts can be tokenized here.
/// </summary>
/// <param name="folder">A folder with <c>tokenizer.json</c>, or with <c>spiece.model</c> or <c>tokenizer.model</c> alone.</param>
internal sealed class CopiedTokenizer(string folder)
{
    private const string Main = "tokenizer.json";

    private static readonly string[] Models = ["spiece.model", "tokenizer.model"];

    /// <summary>Opens the folder that <c>--tokenizer</c> names, or in which its file lies.</summary>
    /// <exception cref="ClipException">It is no folder with <c>tokenizer.json</c>.</exception>
    public static CopiedTokenizer Open(string path) => Find(TokenizerFiles.FolderOf(path)) ?? throw new ClipException(
        $"There is no {Main}, {string.Join(" or ", Models)} in '{path}'; give the folder of the model's tokenizer files.");

    /// <summary>Opens the tokenizer in a folder; null where there is none.</summary>
    public static CopiedTokenizer? Find(string? folder) =>
        folder is not null && Models.Prepend(Main).Any(name => File.Exists(Path.Combine(folder, name)))
            ? new CopiedTokenizer(folder)
            : null;

    /// <summary>
    /// How many entries its vocabulary has, those added to the model's own included; null where only the SentencePiece model is there.
    /// </summary>
    /// <exception cref="ClipException">The file is damaged.</exception>
    public int? CountEntries()
    {
        var path = Path.Combine(folder, Main);
        if (!File.Exists(path)) return null;
        try
        {
            using var json = JsonDocument.Parse(WeightFile.Read(path, RegularFile.MaxTokenizer));
            var vocabulary = json.RootElement.GetProperty("model").GetProperty("vocab");
            // Unigram models list their entries, others name them.
            var isList = vocabulary.ValueKind == JsonValueKind.Array;
            var largest = isList ? vocabulary.GetArrayLength() - 1 : vocabulary.EnumerateObject().Max(entry => entry.Value.GetInt32());
            if (json.RootElement.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
                largest = added.EnumerateArray().Aggregate(largest, (most, token) => Math.Max(most, token.GetProperty("id").GetInt32()));
            return checked(largest + 1);
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException)
        {
            throw new ClipException($"{path} is not a tokenizer ({e.Message.TrimEnd('.')}); get it again.", e);
        }
    }

    /// <summary>Checks that the model's embedding table has a row for every entry.</summary>
    /// <exception cref="ClipException">It has not.</exception>
    public void RequireFit(int vocabSize)
    {
        if (CountEntries() is var entries && entries > vocabSize)
            throw new ClipException(
                $"The tokenizer has {entries} entries but the model only {vocabSize}; give the `Tokenizer` it was trained with.");
    }

    /// <summary>Copies the files that there are, with what open_clip's config beside them says of texts.</summary>
    public void CopyTo(string target) => TokenizerSource.OfFiles(folder).Kept().CopyTo(target);
}
