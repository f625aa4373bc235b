using System.Text;

namespace Clip.Evaluation.Report;

/// <summary>A table with a heading for each column and each row, which scrolls where it is wider than the window.</summary>
internal static class HtmlTable
{
    /// <summary>The table.</summary>
    /// <param name="label">What it is, for those who do not see it.</param>
    /// <param name="columns">The columns' headings, as text.</param>
    /// <param name="rows">The rows.</param>
    public static string Of(string label, IReadOnlyList<string> columns, IEnumerable<HtmlRow> rows)
    {
        var html = new StringBuilder();
        html.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{HtmlPage.Encode(label)}\">");
        html.Append("<table class=\"numbers\"><thead><tr>");
        foreach (var column in columns) html.Append($"<th scope=\"col\">{HtmlPage.Encode(column)}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in rows)
        {
            html.Append($"<tr{(row.Class is null ? "" : $" class=\"{row.Class}\"")}><th scope=\"row\">{row.Heading}</th>");
            foreach (var cell in row.Cells) html.Append($"<td>{cell}</td>");
            html.Append("</tr>");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }
}

/// <summary>A row of a table, of HTML.</summary>
/// <param name="Heading">Its first cell.</param>
/// <param name="Cells">The others.</param>
/// <param name="Class">Its class in style sheets; null for none.</param>
internal sealed record HtmlRow(string Heading, IEnumerable<string> Cells, string? Class = null);
