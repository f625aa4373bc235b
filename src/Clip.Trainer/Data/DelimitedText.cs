using System.Text;

namespace Clip.Trainer.Data;

/// <summary>
/// Rows of cells. With a tab between them a line is a row and a quote is a quote; with another separator, cells may be quoted as RFC 4180
/// has it: then they may hold separators, line breaks and doubled quotes.
/// </summary>
internal static class DelimitedText
{
    /// <summary>Reads rows with the number of the line each starts on; an empty line is a row of one empty cell.</summary>
    /// <param name="name">What errors call the text.</param>
    /// <param name="text">The rows.</param>
    /// <param name="separator">What stands between two cells.</param>
    /// <exception cref="ClipException">A quoted cell does not end.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Read(string name, TextReader text, char separator)
    {
        var line = 0;
        while (text.ReadLine() is { } row)
        {
            var start = ++line;
            if (separator == '\t' || !row.Contains('"', StringComparison.Ordinal))
            {
                yield return (start, row.Split(separator));
                continue;
            }

            string[]? cells;
            while (!TrySplit(row, separator, out cells))
            {
                if (text.ReadLine() is not { } more)
                    throw new ClipException(
                        $"{name}: a quoted cell that starts on line {start} never ends; "
                        + "close the quote, or double quotes inside of cells.");
                line++;
                row = $"{row}\n{more}";
            }

            yield return (start, cells!);
        }
    }

    private static bool TrySplit(string row, char separator, out string[]? cells)
    {
        var (found, cell, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < row.Length; i++)
        {
            var c = row[i];
            if (c == '"' && quoted && i + 1 < row.Length && row[i + 1] == '"') cell.Append(row[i++]);
            else if (c == '"' && (quoted || cell.Length == 0)) quoted = !quoted;
            else if (c == separator && !quoted)
            {
                found.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(c);
        }

        cells = quoted ? null : [.. found, cell.ToString()];
        return !quoted;
    }
}
