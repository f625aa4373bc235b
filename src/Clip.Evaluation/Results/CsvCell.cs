using System.Globalization;

namespace Clip.Evaluation.Results;

/// <summary>The cells of tables with commas, by RFC 4180.</summary>
internal static class CsvCell
{
    /// <summary>A number, with four decimals at most.</summary>
    public static string Of(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>A text, in quotes where it needs them.</summary>
    public static string Of(string value) =>
        value.AsSpan().ContainsAny(",\"\n\r") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}
