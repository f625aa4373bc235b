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

    [Fact]
    public void WhatASourceCannotUseIsAmongTheBad_AndAFileHasItsBytes()
    {
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(3, 4).ToArray());
        File.WriteAllBytes(
            _folder["b.gif"],
            Convert.FromHexString("47494638396101000100800000000000FFFFFF2C00000000010001000002024401003B"));
        using var records = new TableSource(
            [new CaptionedImage(_folder["a.png"], ["a cat"]), new CaptionedImage(_folder["b.gif"], ["a dog"])],
            [new("row 3", "the path is empty")]);

        var statistics = SourceStatistics.Of(records, CancellationToken.None);

        Assert.Equal(new KeyValuePair<string, string>("row 3", "the path is empty"), Assert.Single(statistics.Bad.Reasons));
        Assert.Equal([("gif", 1), ("png", 1)], statistics.Formats.Select(format => (format.Key, format.Value)).Order());
        Assert.Equal(
            [(1, 1, (int)new FileInfo(_folder["b.gif"]).Length), (3, 4, (int)new FileInfo(_folder["a.png"]).Length)],
            statistics.Sizes.Order());
        Assert.Empty(statistics.Copies);
        statistics.Bad.ThrowIfTooMany(); // counted, however many there are
    }

    [Fact]
    public void ACopyIsOfTheFirstRecordWithItsBytes()
    {
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(3, 4).ToArray());
        File.WriteAllBytes(_folder["b.png"], Pictures.Png(5, 4).ToArray());
        string[] names = ["b", "a", "b", "a", "b"];
        using var records = new TableSource([.. names.Select(name => new CaptionedImage(_folder[$"{name}.png"], [name]))]);

        var statistics = SourceStatistics.Of(records, CancellationToken.None);

        Assert.Equal([(2, 0), (3, 1), (4, 0)], statistics.Copies);
        Assert.Equal((3, 2), (statistics.CaptionCopies, statistics.DistinctCaptions));
    }

    [Fact]
    public void CountingCanBeStopped()
    {
        using var records = new TableSource([new CaptionedImage(_folder["a.png"], ["a cat"])]);

        Assert.ThrowsAny<OperationCanceledException>(() => SourceStatistics.Of(records, new CancellationToken(canceled: true)));
    }
}
