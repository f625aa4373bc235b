using Clip.Data.Sources;

namespace Clip.Data.Tests;

/// <summary>What is counted twice, and what is not.</summary>
public sealed class SourceStatisticsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CopiesAreThoseOfOtherRecords()
    {
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(3, 4).ToArray());
        File.WriteAllBytes(_folder["b.png"], Pictures.Png(5, 4).ToArray());
        File.Copy(_folder["b.png"], _folder["c.png"]);
        File.WriteAllText(_folder["d.png"], "no picture");
        using var records = new TableSource(
        [
            new CaptionedImage(_folder["a.png"], ["a cat", "a cat", "A cat"]), new CaptionedImage(_folder["b.png"], ["a dog", "a cat"]),
            new CaptionedImage(_folder["c.png"], ["a cow"]), new CaptionedImage(_folder["d.png"], ["a cow"]),
        ]);

        var statistics = SourceStatistics.Of(records, CancellationToken.None);

        // Of the captions, "a cat" of the second record is the only one that another has: the first's own second is none of another's.
        Assert.Equal((1, 4), (statistics.CaptionCopies, statistics.DistinctCaptions));
        Assert.Equal([(2, 1)], statistics.Copies);
        Assert.Equal([_folder["d.png"]], statistics.Bad.Reasons.Keys);
        Assert.Equal([(1, 5), (2, 10), (3, 15)], statistics.Texts.Order());
        Assert.Equal([(3, 4), (5, 4), (5, 4)], statistics.Sizes.Select(size => (size.Width, size.Height)).Order());
        Assert.Equal(3, statistics.Formats["png"]);
    }
}
