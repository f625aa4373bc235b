using System.Globalization;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>The cells of the tables that an experiment writes, by RFC 4180.</summary>
internal static class CsvCell
{
    /// <summary>A number, with four decimals at most.</summary>
    public static string Of(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>A text, in quotes where it needs them.</summary>
    public static string Of(string value) =>
        value.AsSpan().ContainsAny(",\"\n\r") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}
