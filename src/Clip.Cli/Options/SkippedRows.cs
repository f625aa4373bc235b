using Clip.Data;
using Clip.Trainer;

namespace Clip.Cli.Options;

/// <summary>Records that a command which measures leaves out: told on standard error, and too many of them are an error.</summary>
/// <param name="name">What they are of.</param>
internal sealed class SkippedRows(string name)
{
    private string? _first;
    private int _count;

    /// <summary>Reads a table of captioned images, without the rows that cannot be used.</summary>
    /// <exception cref="ClipException">The table is not sound, or too many rows cannot be used.</exception>
    public static IReadOnlyList<CaptionedImage> Read(string path, CaptionTableOptions layout)
    {
        var skipped = new SkippedRows(path);
        var rows = CaptionTable.Read(path, layout, skipped.Add);
        skipped.ThrowIfTooMany(rows.Count);
        return rows;
    }

    public void Add(string place, string reason)
    {
        _first ??= $"{place}: {reason}";
        _count++;
        Console.Error.WriteLine($"Skipped {place}: {reason}");
    }

    /// <exception cref="ClipException">More are left out than may be.</exception>
    public void ThrowIfTooMany(int usable)
    {
        if (_count * 100.0 <= ReadingOptions.DefaultMaxBadPercent * (_count + usable)) return;
        throw new ClipException(FormattableString.Invariant(
            $"{_count} of {_count + usable} records of {name} cannot be used, more than {ReadingOptions.DefaultMaxBadPercent} percent ")
            + $"({_first}); repair the data.");
    }
}
