using System.Globalization;

namespace Microsoft.ML.Clip.Text.Unicode;

/// <summary>Reads the text tables embedded beside this code (see <c>Text/Data/make-tables.py</c>).</summary>
internal static class DataTable
{
    public static IEnumerable<string> Lines(string file)
    {
        using var stream = typeof(DataTable).Assembly.GetManifestResourceStream($"Microsoft.ML.Clip.Text.Data.{file}")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#') yield return line;
        }
    }

    public static int[] CodePoints(string text) => Array.ConvertAll(text.Split(' '), CodePoint);

    public static int CodePoint(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
