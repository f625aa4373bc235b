using System.Text.RegularExpressions;

namespace Clip.Data.Sources;

/// <summary>Opens sources by name.</summary>
internal static partial class RecordSources
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
            catch (Exception e) when (ReadFault.Is(e))
            {
                continue; // Told when it is to be trained on.
            }

            foreach (var caption in captions) yield return caption;
        }
    }

    private static IRecordSource OpenOne(string name, RecordSourceOptions options)
    {
        var source = OpenAsIs(name, options);
        // A shard's records are what somebody has packed; those of the same image stay apart, and no step shows two of them.
        return options.GroupByImage && source is not WebDatasetSource ? GroupedSource.Of(source) : source;
    }

    private static IRecordSource OpenAsIs(string name, RecordSourceOptions options)
    {
        switch (options.Type == RecordSourceOptions.Auto ? Guess(name) : options.Type)
        {
            case RecordSourceOptions.WebDataset:
                var shards = new WebDatasetSource(ShardPattern.Files(name, ".tar"), options);
                return shards.Count > 0 ? shards : throw NothingUsable(name, shards);
            case RecordSourceOptions.Parquet:
                var rows = ParquetSource.Open(ShardPattern.Files(name, ".parquet"), options);
                return rows.Count > 0 ? rows : throw NothingUsable(name, rows);
            case RecordSourceOptions.ImageFolder when options.AnyFolder:
                return new TableSource([.. PictureFiles.In(name).Select(file => new CaptionedImage(file, []))]);
            case RecordSourceOptions.ImageFolder:
                return new TableSource(ImageFolder.Read(name, options.Templates));
            default:
                var bad = new List<KeyValuePair<string, string>>();
                return new TableSource(CaptionTable.Read(name, options.Table, (place, reason) => bad.Add(new(place, reason))), bad);
        }
    }

    private static ClipException NothingUsable(string name, IRecordSource source)
    {
        using (source)
        {
            var first = source.Unusable is [var (key, reason), ..] ? $": {key}: {reason.TrimEnd('.')}" : "";
            return new ClipException($"'{name}' has no usable records{first}; give files with images and captions.");
        }
    }

    private static string Guess(string name)
    {
        if (!Directory.Exists(name))
        {
            if (Shards().IsMatch(name)) return RecordSourceOptions.WebDataset;
            // A file without a known name may well be a table, as it was before there were other kinds.
            return Path.GetExtension(name) == ".parquet" ? RecordSourceOptions.Parquet : RecordSourceOptions.Csv;
        }

        return PictureFiles.Files(name, ".tar").Length > 0 ? RecordSourceOptions.WebDataset
            : PictureFiles.Files(name, ".parquet").Length > 0 ? RecordSourceOptions.Parquet
            : RecordSourceOptions.ImageFolder;
    }

    /// <summary>Also what is packed or elsewhere, so that it is refused as what it is.</summary>
    [GeneratedRegex(@"\.(?:tar|tgz|tar\.(?:gz|bz2|xz|zst|lz4))$|^(?:pipe:|[a-z][a-z0-9+.-]+://)", RegexOptions.IgnoreCase)]
    private static partial Regex Shards();
}
