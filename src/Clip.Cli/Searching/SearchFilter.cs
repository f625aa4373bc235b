using System.Globalization;
using System.Text.RegularExpressions;
using Clip.Cli.Options;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>
/// Which pictures count, as people write it: <c>path=*.png</c>, <c>date&gt;=2024-05</c>, <c>size&lt;2MB</c>. A picture that lacks what is
/// asked about does not count.
/// </summary>
internal abstract record SearchFilter
{
    public const string Description =
        "Only pictures with path=PART or path=*.png, date>=2024-05, size<2MB and the like (=, !=, <, <=, >, >=); all of several must hold.";

    /// <summary>Whether a picture counts.</summary>
    public abstract bool Counts(ClipIndexEntry entry);

    /// <summary>Reads a condition.</summary>
    /// <exception cref="ClipException">It is none.</exception>
    public static SearchFilter Parse(string text)
    {
        var at = text.AsSpan().IndexOfAny("=!<>");
        if (at < 0) throw Unreadable(text);
        var field = text[..at].Trim();
        var length = at + 1 < text.Length && text[at + 1] == '=' ? 2 : 1;
        var (operation, value) = (text.Substring(at, length), text[(at + length)..].Trim());
        if (operation == "!" || value.Length == 0) throw Unreadable(text);
        return field switch
        {
            "path" when operation is "=" or "!=" => new PathFilter(Pattern(value), operation == "!="),
            "date" when operation != "!=" => RangeFilter.Of(RangeField.Date, operation, Date(value) ?? throw Unreadable(text)),
            "size" when operation != "!=" => RangeFilter.Of(RangeField.Size, operation, Size(value) ?? throw Unreadable(text)),
            _ => throw Unreadable(text),
        };
    }

    /// <summary>A part of a path, or all of it where there are wildcards.</summary>
    private static string Pattern(string value)
    {
        var isWhole = value.AsSpan().ContainsAny('*', '?');
        var parts = value.Select(c => c switch { '*' => ".*", '?' => ".", _ => Regex.Escape($"{c}") });
        return isWhole ? $"^{string.Concat(parts)}$" : string.Concat(parts);
    }

    /// <summary>The first moment of a year, month, day or minute, and the first after it.</summary>
    private static (long From, long To)? Date(string value)
    {
        (string Format, Func<DateTime, DateTime> Next)[] forms =
        [
            ("yyyy", d => d.AddYears(1)), ("yyyy-MM", d => d.AddMonths(1)), ("yyyy-MM-dd", d => d.AddDays(1)),
            ("yyyy-MM-dd'T'HH:mm", d => d.AddMinutes(1)), ("yyyy-MM-dd HH:mm", d => d.AddMinutes(1)),
        ];
        foreach (var (format, next) in forms)
        {
            if (DateTime.TryParseExact(value, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var start))
                return (start.ToUniversalTime().Ticks, next(start).ToUniversalTime().Ticks);
        }

        return null;
    }

    private static (long From, long To)? Size(string value)
    {
        var unit = value.AsSpan().TrimStart("0123456789.").ToString();
        double? factor = unit.Trim().ToUpperInvariant() switch { "" or "B" => 1, "KB" => 1e3, "MB" => 1e6, "GB" => 1e9, _ => null };
        if (factor is null || !Numbers.TryParse<double>(value[..^unit.Length], out var number)) return null;
        var bytes = number * factor.Value;
        return bytes is >= 0 and < 1e18 ? ((long)Math.Round(bytes), (long)Math.Round(bytes) + 1) : null;
    }

    private static ClipException Unreadable(string text) => new(
        $"--filter '{text}' is no condition; write path=PART, path!=*.png, date>=2024-05-31 or size<2MB, in quotes for the shell.");
}

/// <summary>By a picture's path, or its id where it has none.</summary>
/// <param name="Pattern">A regular expression of escaped characters, <c>.</c>, <c>.*</c> and anchors alone.</param>
/// <param name="IsNot">Whether those that match do not count.</param>
internal sealed record PathFilter(string Pattern, bool IsNot) : SearchFilter
{
    private readonly Regex _regex = new(Pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline);

    public override bool Counts(ClipIndexEntry entry) => _regex.IsMatch(entry.Path ?? entry.Id) != IsNot;
}

/// <summary>What a range is of.</summary>
internal enum RangeField
{
    Date,
    Size,
}

/// <summary>By a file's time, in ticks of universal time, or its size.</summary>
/// <param name="Field">Which.</param>
/// <param name="From">The smallest that counts.</param>
/// <param name="To">The smallest that does not any more.</param>
internal sealed record RangeFilter(RangeField Field, long? From, long? To) : SearchFilter
{
    public static RangeFilter Of(RangeField field, string operation, (long From, long To) value) => operation switch
    {
        "=" => new(field, value.From, value.To),
        "<" => new(field, null, value.From),
        "<=" => new(field, null, value.To),
        ">" => new(field, value.To, null),
        _ => new(field, value.From, null),
    };

    public override bool Counts(ClipIndexEntry entry) =>
        (Field == RangeField.Size ? entry.Size : entry.Modified?.UtcTicks) is { } value && !(value < From) && !(value >= To);
}
