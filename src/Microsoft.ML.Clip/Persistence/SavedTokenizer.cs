namespace Microsoft.ML.Clip;

/// <summary>The tokenizer inside a saved model, as the files that model folders have.</summary>
internal static class SavedTokenizer
{
    private const string VocabularyEntry = "vocab.json";
    private const string MergesEntry = "merges.txt";

    public static void Save(ModelSaveContext context, ClipTokenizer tokenizer)
    {
        using var vocabulary = new MemoryStream();
        using var merges = new MemoryStream();
        tokenizer.SaveVocabulary(vocabulary, merges);
        context.SaveBinaryStream(VocabularyEntry, writer => writer.Write(vocabulary.ToArray()));
        context.SaveBinaryStream(MergesEntry, writer => writer.Write(merges.ToArray()));
    }

    public static ClipTokenizer Load(ModelLoadContext context)
    {
        using var vocabulary = Read(context, VocabularyEntry);
        using var merges = Read(context, MergesEntry);
        return ClipTokenizer.Create(vocabulary, merges);
    }

    private static MemoryStream Read(ModelLoadContext context, string entry)
    {
        var copy = new MemoryStream();
        if (!context.TryLoadBinaryStream(entry, reader => reader.BaseStream.CopyTo(copy)))
            throw SavedState.NoEntry(entry);
        copy.Position = 0;
        return copy;
    }
}
