using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Clip.Data;

/// <summary>
/// The rows of a table as CsvHelper parts them, but stricter: a quoted cell that does not end, that goes on for ever, or that has something
/// behind its end is an error that names the line. Blanks around cells are left out.
/// </summary>
internal static class TableRows
{
    /// <summary>More than any caption has: an open quote is found here rather than at the end of the file.</summary>
    private const int MostCharacters = 1 << 18;

    /// <summary>Reads rows with the number of the line each starts on; an empty line is a row of one empty cell.</summary>
    /// <param name="path">A text file.</param>
    /// <param name="options">Its separator, quotes and encoding.</param>
    /// <exception cref="ClipException">A quoted cell is not sound, or the text is not in its encoding.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Read(string path, CaptionTableOptions options)
    {
        var encoding = options.Encoding;
        using var text = TextFile.Open(path, ref encoding);
        var (line, end) = (1, 0);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = options.Separator.ToString(),
            Mode = options.Quotes ? CsvMode.RFC4180 : CsvMode.NoEscape,
            TrimOptions = TrimOptions.Trim,
            WhiteSpaceChars = options.Separator == ' ' ? [] : [' '],
            IgnoreBlankLines = false,
            MaxFieldSize = MostCharacters,
            BadDataFound = data =>
            {
                // A quote inside of a cell that does not begin with one is just a quote.
                if (data.Field.AsSpan().TrimStart(' ').StartsWith('"')) throw OpenQuote(path, line);
            },
        };
        using var parser = new CsvParser(text, configuration, leaveOpen: true);
        while (Next(out var cells))
        {
            yield return (line, cells);
            line = end + 1;
        }

        bool Next(out string[] cells)
        {
            try
            {
                cells = parser.Read() ? new string[parser.Count] : [];
                for (var i = 0; i < cells.Length; i++) cells[i] = parser[i];
                end = parser.RawRow;
            }
            catch (Exception e) when ((e as DecoderFallbackException ?? e.InnerException) is DecoderFallbackException)
            {
                throw TextFile.NotDecodable(
                    path, encoding!, "save the table as UTF-8, or name its encoding with `CaptionTableOptions.Encoding`");
            }
            catch (MaxFieldSizeException)
            {
                throw OpenQuote(path, line);
            }

            // Where tabs part cells, a quoted cell with both in it is rather two quotes that happen to stand at the beginnings of cells.
            if (options.Separator == '\t' && cells.Any(cell => cell.Contains('\t') && cell.Contains('\n'))) throw OpenQuote(path, line);
            return cells.Length > 0;
        }
    }

    private static ClipException OpenQuote(string path, int line) => new(
        $"{path}, line {line}: a quoted cell does not end where a cell ends; close the quote and double those inside of the cell, "
        + "or give `CaptionTableOptions.Quotes=false` if quotes are part of the text.");
}
