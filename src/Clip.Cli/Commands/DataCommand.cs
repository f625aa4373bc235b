using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Trainer;

namespace Clip.Cli.Commands;

/// <summary><c>clip data</c>: what data hold, and data as shards.</summary>
internal static class DataCommand
{
    private const int Examples = 10;

    public static Command Create() => new("data", "Looks at training data, divides them, and writes them as WebDataset shards.")
    {
        Stats(), Shard(), DataSplit.Create(),
    };

    private static Command Stats()
    {
        var source = Source();
        var layout = new SourceOptions();
        var command = new Command("stats", "Reads and decodes all of a source: counts, sizes, captions, duplicates, broken files.")
        {
            source,
        };
        foreach (var option in layout.All) command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            using var records = RecordSources.Open(parsed.GetValue(source)!, layout.Parse(parsed));
            Print(records, SourceStatistics.Of(records, cancellation));
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Shard()
    {
        var source = Source();
        var layout = new SourceOptions();
        var output = new Option<string>("--output") { Description = "The folder to make.", Required = true };
        var size = new Option<double>("--shard-size") { Description = "Megabytes per shard.", DefaultValueFactory = _ => 256 };
        var maxBad = new Option<double>("--max-bad")
        {
            Description = "The most records that may be bad, in percent; with more nothing is written.",
            DefaultValueFactory = _ => ReadingOptions.DefaultMaxBadPercent,
        };
        var command = new Command("shard", "Writes a source as WebDataset shards.") { source, output, size, maxBad };
        foreach (var option in layout.All) command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            using var records = RecordSources.Open(parsed.GetValue(source)!, layout.Parse(parsed));
            var bad = new BadRecords(
                records.Count + records.Unusable.Count,
                parsed.GetValue(maxBad),
                (key, reason) => Console.WriteLine($"Skipped {key}: {reason}"));
            foreach (var (key, reason) in records.Unusable) bad.Add(key, reason);
            bad.ThrowIfTooMany();
            var written = new ShardWriter(parsed.GetValue(output)!, (long)(parsed.GetValue(size) * 1e6)).Write(records, bad, cancellation);
            Say($"{written.Records} records in {written.Shards} shards: {Path.GetFullPath(parsed.GetValue(output)!)}");
            return Task.FromResult(0);
        });
        return command;
    }

    private static Argument<string> Source() => new("source")
    {
        Description = "A table, WebDataset shards, Parquet files or a folder of classes; several are joined by ::.",
    };

    private static void Print(IRecordSource records, SourceStatistics found)
    {
        Say($"records              {records.Count + records.Unusable.Count}");
        Say($"broken               {found.Bad.Reasons.Count}");
        Say($"images               {string.Join(", ", found.Formats.OrderByDescending(f => f.Value).Select(f => $"{f.Value} {f.Key}"))}");
        Range("width                ", found.Sizes.Select(s => s.Width));
        Range("height               ", found.Sizes.Select(s => s.Height));
        Range("bytes                ", found.Sizes.Select(s => s.Bytes));
        Say($"bytes in all         {found.Sizes.Sum(s => (long)s.Bytes)}");
        Range("captions a record    ", found.Texts.Select(t => t.Captions));
        Range("characters a caption ", found.Texts.Select(t => t.Characters / t.Captions));
        Say($"different captions   {found.DistinctCaptions}");
        Say($"duplicate captions   {found.CaptionCopies}");
        Say($"duplicate images     {found.Copies.Count}");
        foreach (var (copy, original) in found.Copies.Take(Examples)) Say($"  {records.Key(copy)} = {records.Key(original)}");
        foreach (var (key, reason) in found.Bad.Reasons.OrderBy(b => b.Key, StringComparer.Ordinal).Take(Examples))
            Say($"  {key}: {reason}");
        if (found.Bad.Reasons.Count > Examples) Say($"  and {found.Bad.Reasons.Count - Examples} more broken ones");
    }

    private static void Range(string name, IEnumerable<int> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length > 0) Say($"{name}{sorted[0]} to {sorted[^1]}, median {sorted[sorted.Length / 2]}");
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
