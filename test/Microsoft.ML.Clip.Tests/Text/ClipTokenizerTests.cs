using Clip.Testing;
using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Tests.Text;

public class ClipTokenizerTests
{
    public static TheoryData<int, string> GoldenRows()
    {
        var rows = new TheoryData<int, string>();
        if (!Golden.IsPresent)
        {
            rows.Add(-1, Golden.Absent);
        }
        else
        {
            foreach (var (row, i) in GoldenTokenizer.Rows().Select((row, i) => (row, i)))
                rows.Add(i, row.Text[..Math.Min(row.Text.Length, 40)]);
        }

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

    [SkippableFact]
    public void HasClipsVocabulary()
    {
        var clip = GoldenTokenizer.Clip;

        Assert.Equal((49406, 49407, 49408), (clip.StartOfTextId, clip.EndOfTextId, clip.VocabularySize));
        Assert.Equal([49406, 49407], clip.Encode(""));
    }

    [SkippableFact]
    public void CutsLongTextsOrRefusesThem()
    {
        var clip = GoldenTokenizer.Clip;

        var cut = clip.Encode("a photo of a dog", 5, truncate: true, out var truncated);
        Assert.True(truncated);
        Assert.Equal([49406, 320, 1125, 539, 49407], cut);
        Assert.Equal(7, clip.Encode("a photo of a dog", 7, truncate: false).Length);

        var e = Assert.Throws<ArgumentException>(() => clip.Encode("a photo of a dog", 6, truncate: false));
        Assert.StartsWith(
            "The text 'a photo of a dog' has 7 tokens, more than the context length 6; shorten it or allow truncation.", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => clip.Encode("a", 1));
    }

    [SkippableFact]
    public void CutsInTheMiddleOfAWord()
    {
        // hartebeest is har-te-be-est
        Assert.Equal([49406, 915, 600, 49407], GoldenTokenizer.Clip.Encode("hartebeest", 4));
    }

    [SkippableFact]
    public void DecodesWithAndWithoutStartAndEnd()
    {
        var clip = GoldenTokenizer.Clip;

        Assert.Equal("a photo ", clip.Decode([49406, 320, 1125, 49407]));
        Assert.Equal("a photo ", clip.Decode([320, 1125]));
        Assert.Equal("", clip.Decode([]));
        Assert.StartsWith(
            "The vocabulary of 49408 tokens has no id 49408.",
            Assert.Throws<ArgumentOutOfRangeException>(() => clip.Decode([320, 49408])).Message);
    }

    [SkippableFact]
    public void ManyThreadsMayShareOne()
    {
        var clip = GoldenTokenizer.Clip;
        string[] texts = [.. GoldenTokenizer.Rows().Select(row => row.Text)];
        int[][] expected = [.. texts.Select(text => clip.Encode(text))];

        Parallel.For(0, 20 * texts.Length, i => Assert.Equal(expected[i % texts.Length], clip.Encode(texts[i % texts.Length])));
    }
}
