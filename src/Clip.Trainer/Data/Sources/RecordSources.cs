namespace Clip.Trainer.Data.Sources;

/// <summary>Opens sources by name.</summary>
internal static class RecordSources
{
    /// <summary>Opens a source, or several joined by <c>::</c>.</summary>
    /// <param name="names">Files, patterns of shards, or folders.</param>
    /// <param name="options">Their kind and layout.</param>
    /// <exception cref="ClipException">Something is absent, of no known kind, or holds nothing to train on.</exception>
    public static IRecordSource Open(string names, RecordSourceOptions options)
    {
        var parts = names.Split("::");
        if (options.UpsamplingFactors is { } factors && factors.Count != parts.Length)
            throw new ClipException(
                $"There are {factors.Count} factors in `UpsamplingFactors` for {parts.Length} sources in '{names}'; "
                + "give one for each.");
        var sources = new List<IRecordSource>();
        try
        {
            foreach (var part in parts) sources.Add(OpenOne(part, options));
        }
        catch
        {
            foreach (var source in sources) source.Dispose();
            throw;
        }

        return sources is [var single] && options.UpsamplingFactors is null
            ? single
            : new JoinedSource(sources, options.UpsamplingFactors ?? [.. parts.Select(_ => 1.0)]);
    }

    /// <summary>The captions of all usable records, in their order.</summary>
    public static IEnumerable<string> Captions(IRecordSource records)
    {
        for (var i = 0; i < records.Count; i++)
        {
            IReadOnlyList<string> captions;
            try
            {
                captions = records.ReadCaptions(i);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                continue; // Told when it is to be trained on.
            }

            foreach (var caption in captions) yield return caption;
        }
    }

    private static IRecordSource OpenOne(string name, RecordSourceOptions options)
    {
        switch (options.Type == RecordSourceOptions.Auto ? Guess(name) : options.Type)
        {
            case RecordSourceOptions.WebDataset:
                var shards = new WebDatasetSource(ShardPattern.Files(name, ".tar"), options.CaptionKeys);
                return shards.Count > 0 ? shards : throw NothingUsable(name, shards);
            case RecordSourceOptions.Parquet:
                var rows = ParquetSource.Open(ShardPattern.Files(name, ".parquet"), options.ImageKey, options.CaptionKeys);
                return rows.Count > 0 ? rows : throw NothingUsable(name, rows);
            case RecordSourceOptions.ImageFolder:
                return new TableSource(ImageFolder.Read(name, options.Templates));
            default:
                return new TableSource(CaptionTable.Read(name, options.Table));
        }
    }

    private static ClipException NothingUsable(string name, IRecordSource source)
    {
        using (source)
        {
            var first = source.Unusable is [var (key, reason), ..] ? $": {key}: {reason}" : "";
            return new ClipException($"'{name}' has no usable records{first}; give files with images and captions.");
        }
    }

    private static string Guess(string name)
    {
        if (!Directory.Exists(name))
        {
            return Path.GetExtension(name) switch
            {
                ".tar" => RecordSourceOptions.WebDataset,
                ".parquet" => RecordSourceOptions.Parquet,
                // A file without a known name may well be a table, as it was before there were other kinds.
                _ => RecordSourceOptions.Csv,
            };
        }

        return Directory.EnumerateFiles(name, "*.tar").Any() ? RecordSourceOptions.WebDataset
            : Directory.EnumerateFiles(name, "*.parquet").Any() ? RecordSourceOptions.Parquet
            : RecordSourceOptions.ImageFolder;
    }
}
