using Clip.Evaluation.DataSets;

namespace Clip.Cli.Tests.Docs;

/// <summary>
/// docs/data-sets.md has every known data set. With CLIP_WRITE_DOCS=1 in the environment the table is written instead of compared.
/// </summary>
public sealed class DataSetsPageTests
{
    private const string Start = "<!-- printed from the catalog -->\n", End = "<!-- end of the printed part -->";

    private static readonly string Page = Path.Combine(DocsPages.Root, "docs/data-sets.md");

    [Fact]
    public void The_table_is_the_catalogs()
    {
        var page = File.ReadAllText(Page);
        var (start, end) = (page.IndexOf(Start, StringComparison.Ordinal) + Start.Length, page.IndexOf(End, StringComparison.Ordinal));
        var table = Table();
        if (Environment.GetEnvironmentVariable("CLIP_WRITE_DOCS") == "1") File.WriteAllText(Page, page[..start] + table + page[end..]);
        else Assert.Equal(table, page[start..end]);
    }

    private static string Table() =>
        "| Name | Data set | Splits | License | Size | Files |\n|---|---|---|---|---|---|\n"
        + string.Concat(DataSetCatalog.Sets.Select(set =>
            $"| `{set.Name}` | {set.Title} | {string.Join(", ", set.Splits)} | {set.License} | {set.Size} | {set.Layout} |\n"));
}
