using System.Globalization;
using Clip.Data;

namespace Programs;

/// <summary>Someone's application that has <c>Clip.Data</c>: it reads a table of captions.</summary>
public static class ClipData
{
    /// <param name="args">A model folder, a picture, a config and a folder to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var table = Directory.CreateDirectory(args[3]).FullName + "/captions.tsv";
        File.WriteAllLines(table, ["filepath\ttitle", .. Enumerable.Range(1, 32).Select(i => $"{args[1]}\tcaption {i}")]);
        var rows = CaptionTable.Read(table, new CaptionTableOptions());
        return [rows.Sum(row => row.Captions.Count).ToString(CultureInfo.InvariantCulture)];
    }
}
