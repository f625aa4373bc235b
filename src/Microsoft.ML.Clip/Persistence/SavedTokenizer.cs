using System.Text;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>The tokenizer inside a saved model, as the files that model folders have.</summary>
internal static class SavedTokenizer
{
    private const string CleaningEntry = "openclip_cleaning.txt";

    private static readonly string[] SiglipEntries = ["tokenizer.json", "spiece.model", "tokenizer.model"];

    public static void Save(ModelSaveContext context, TextTokenizer tokenizer)
    {
        foreach (var (name, content) in tokenizer.Files()) context.SaveBinaryStream(name, writer => writer.Write(content));
        if (tokenizer is SiglipTokenizer { Cleaning: { } cleaning })
            context.SaveBinaryStream(CleaningEntry, writer => writer.Write(Encoding.UTF8.GetBytes(cleaning)));
    }

    public static TextTokenizer Load(ModelLoadContext context)
    {
        if (Read(context, PipelineTokenizer.SavedFile) is { } file)
        {
            using var settings = Read(context, PipelineTokenizer.SavedSettings)
                ?? throw SavedState.NoEntry(PipelineTokenizer.SavedSettings);
            return PipelineTokenizer.FromSaved(file.ToArray(), settings.ToArray());
        }

        foreach (var name in SiglipEntries)
        {
            if (Read(context, name) is { } content) return SiglipTokenizer.FromSaved(name, content.ToArray(), LoadCleaning(context));
        }

        using var vocabulary = Read(context, VocabularyReader.VocabularyFile) ?? throw SavedState.NoEntry(VocabularyReader.VocabularyFile);
        using var merges = Read(context, VocabularyReader.MergesFile) ?? throw SavedState.NoEntry(VocabularyReader.MergesFile);
        return ClipTokenizer.Create(vocabulary, merges);
    }

    private static string? LoadCleaning(ModelLoadContext context) =>
        Read(context, CleaningEntry) is { } name ? Encoding.UTF8.GetString(name.ToArray()) : null;

    private static MemoryStream? Read(ModelLoadContext context, string entry)
    {
        var copy = new MemoryStream();
        if (!context.TryLoadBinaryStream(entry, reader => reader.BaseStream.CopyTo(copy))) return null;
        copy.Position = 0;
        return copy;
    }
}
