using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Text;

public class ClipTokenizerTests
{
    public static TheoryData<int, string> GoldenRows()
    {
        var rows = new TheoryData<int, string>();
        if (!Golden.IsPresent) rows.Add(-1, Golden.Absent);
        else foreach (var (row, i) in GoldenTokenizer.Rows().Select((row, i) => (row, i))) rows.Add(i, row.Text[..Math.Min(row.Text.Length, 40)]);
        return rows;
    }

    [SkippableTheory]
    [MemberData(nameof(GoldenRows))]
    public void GivesTheIdsOfTheOriginal(int row, string start)
    {
        Skip.If(row < 0, start);
        var golden = GoldenTokenizer.Rows().ElementAt(row);

        Assert.Equal(golden.Cleaned, TextCleaner.Clean(golden.Text));
        Assert.Equal(golden.Ids, GoldenTokenizer.Clip.Encode(golden.Text, contextLength: int.MaxValue));

        var ids = GoldenTokenizer.Clip.Encode(golden.Text, 77, truncate: true, out var truncated);
        Assert.Equal(golden.Truncated, truncated);
        Assert.Equal(golden.Padded, ids.Concat(new int[77 - ids.Length]));
        Assert.Equal(golden.Decoded, GoldenTokenizer.Clip.Decode(golden.Ids));
    }
}
