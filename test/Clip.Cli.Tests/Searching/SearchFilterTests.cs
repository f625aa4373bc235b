using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Searching;

/// <summary>Which pictures count, as people write it behind --filter.</summary>
public sealed class SearchFilterTests
{
    [Theory]
    [InlineData("path=beach", "/photos/Beach day/1.jpg", true)]
    [InlineData("path=beach", "/photos/be-ach/1.jpg", false)]
    [InlineData(" path = beach ", "/photos/beach/1.jpg", true)]
    [InlineData("path=1.jpg", "/photos/1xjpg", false)] // a point is a point
    [InlineData("path=(1)", "/photos/a (1).jpg", true)] // and a bracket a bracket
    [InlineData("path=*.png", "/photos/a.PNG", true)]
    [InlineData("path=*.png", "/photos/a.png.txt", false)] // with wildcards all of the path is meant
    [InlineData("path=photos/*", "/photos/a.png", false)]
    [InlineData("path=*photos/*", "/photos/a.png", true)]
    [InlineData("path=/photos/?.png", "/photos/a.png", true)]
    [InlineData("path=/photos/?.png", "/photos/ab.png", false)]
    [InlineData("path=*.png", "/photos/two\nlines.png", true)]
    [InlineData("path!=*.png", "/photos/a.png", false)]
    [InlineData("path!=*.png", "/photos/a.jpg", true)]
    public void APathIsMeantInPartOrByItsWildcards(string filter, string path, bool counts) =>
        Assert.Equal(counts, SearchFilter.Parse(filter).Counts(new ClipIndexEntry("id.gif") { Path = path }));

    [Fact]
    public void APictureWithoutAPathIsKnownByItsId()
    {
        var inArchive = new ClipIndexEntry("shards/0.tar:7");

        Assert.True(SearchFilter.Parse("path=0.tar").Counts(inArchive));
        Assert.False(SearchFilter.Parse("path!=0.tar").Counts(inArchive));
    }

    [Theory]
    [InlineData("size<2MB", 1_999_999, true)]
    [InlineData("size<2MB", 2_000_000, false)]
    [InlineData("size<=2MB", 2_000_000, true)]
    [InlineData("size<=2MB", 2_000_001, false)]
    [InlineData("size>2MB", 2_000_000, false)]
    [InlineData("size>2MB", 2_000_001, true)]
    [InlineData("size>=2MB", 2_000_000, true)]
    [InlineData("size>=2MB", 1_999_999, false)]
    [InlineData("size=2MB", 2_000_000, true)]
    [InlineData("size=2MB", 1_999_999, false)]
    [InlineData("size=2MB", 2_000_001, false)]
    [InlineData("size=17", 17, true)]
    [InlineData("size=17B", 17, true)]
    [InlineData("size=1.5 kb", 1_500, true)]
    [InlineData("size=3GB", 3_000_000_000, true)]
    [InlineData("size>=0", 0, true)]
    public void ASizeIsInBytesAndTheirThousands(string filter, long size, bool counts) =>
        Assert.Equal(counts, SearchFilter.Parse(filter).Counts(new ClipIndexEntry("a") { Size = size }));

    [Theory]
    [InlineData("date=2024", "2024-01-01 00:00:00", "2024-12-31 23:59:59")]
    [InlineData("date=2024-02", "2024-02-01 00:00:00", "2024-02-29 23:59:59")]
    [InlineData("date=2024-05-31", "2024-05-31 00:00:00", "2024-05-31 23:59:59")]
    [InlineData("date=2024-05-31T12:30", "2024-05-31 12:30:00", "2024-05-31 12:30:59")]
    [InlineData("date=2024-05-31 12:30", "2024-05-31 12:30:00", "2024-05-31 12:30:59")]
    public void ADateIsAllOfItsYearMonthDayOrMinute(string filter, string first, string last)
    {
        var condition = SearchFilter.Parse(filter);

        Assert.False(condition.Counts(Taken(first, seconds: -1)));
        Assert.True(condition.Counts(Taken(first)));
        Assert.True(condition.Counts(Taken(last)));
        Assert.False(condition.Counts(Taken(last, seconds: 1)));
    }

    [Theory]
    [InlineData("date<2024-05", "2024-04-30 23:59:59", "2024-05-01 00:00:00")]
    [InlineData("date<=2024-05", "2024-05-31 23:59:59", "2024-06-01 00:00:00")]
    [InlineData("date>2024-05", "2024-06-01 00:00:00", "2024-05-31 23:59:59")]
    [InlineData("date>=2024-05", "2024-05-01 00:00:00", "2024-04-30 23:59:59")]
    public void WhatComesBeforeAndAfterADateBeginsAtItsEnds(string filter, string counts, string doesNot)
    {
        Assert.True(SearchFilter.Parse(filter).Counts(Taken(counts)));
        Assert.False(SearchFilter.Parse(filter).Counts(Taken(doesNot)));
    }

    [Theory]
    [InlineData("date<2030")]
    [InlineData("date>1970")]
    [InlineData("size<1GB")]
    [InlineData("size>=0")]
    public void APictureThatLacksWhatIsAskedAboutDoesNotCount(string filter) =>
        Assert.False(SearchFilter.Parse(filter).Counts(new ClipIndexEntry("a") { Path = "a" }));

    [Theory]
    [InlineData("path")]
    [InlineData("path=")]
    [InlineData("path!x")]
    [InlineData("path>x")]
    [InlineData("caption=x")]
    [InlineData("date!=2024")]
    [InlineData("date=May")]
    [InlineData("date=2024-13")]
    [InlineData("size!=1")]
    [InlineData("size=big")]
    [InlineData("size=2TB")]
    [InlineData("size=-1")]
    [InlineData("size=.")]
    [InlineData("size=1000000000GB")]
    public void WhatIsNoConditionIsRefusedWithTheRemedy(string filter)
    {
        var error = Assert.Throws<ClipException>(() => SearchFilter.Parse(filter));
        Assert.StartsWith($"--filter '{filter}' is no condition; write path=PART", error.Message, StringComparison.Ordinal);
    }

    /// <summary>By the clock on the wall, as people mean it.</summary>
    private static ClipIndexEntry Taken(string local, int seconds = 0) => new("a")
    {
        Modified = new DateTimeOffset(DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture).AddSeconds(seconds)),
    };
}
