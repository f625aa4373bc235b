using Clip.Evaluation.Embedding;

namespace Clip.Evaluation.Tests.Embedding;

/// <summary>What is kept is written in time, in few files, and read back to the bit; what is no cache is none.</summary>
public sealed class EmbeddingCacheTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Files => Directory.Exists(_folder["cache"])
        ? Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories) : [];

    [Fact]
    public void RowsAreWrittenBeforeTheyAreTooMany()
    {
        using var cache = Open();
        for (var i = 1; i < 4096; i++) cache.Add((UInt128)i, [i, -i]);
        Assert.Empty(Files);

        cache.Add(4096, [4096, -4096]);

        Assert.Single(Files);
        Assert.Equal([1, -1], cache.Find(1)!);
        Assert.Equal([4096, -4096], cache.Find(4096)!);
        cache.Flush();
        Assert.Single(Files); // of nothing new there is no file
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(33, 1)]
    public void MoreThanThirtyTwoFilesBecomeOne(int flushes, int files)
    {
        using (var cache = Open())
        {
            for (var i = 0; i < flushes; i++)
            {
                cache.Add((UInt128)i, [i, i * i]);
                cache.Flush();
            }
        }

        Assert.Equal(files, Files.Length);
        using var again = Open();
        Assert.All(Enumerable.Range(0, flushes), i => Assert.Equal([i, i * i], again.Find((UInt128)i)!));
        Assert.Null(again.Find((UInt128)flushes));
    }

    [Fact]
    public void EachModelHasAFolderOfItsOwn()
    {
        using (var one = Open("one")) one.Add(1, [1]);
        using var other = Open("other");

        Assert.Null(other.Find(1));
        Assert.StartsWith("one-", Path.GetFileName(Path.GetDirectoryName(Assert.Single(Files))!), StringComparison.Ordinal);
    }

    /// <summary>A file tells its format, the rows' length and how many there are, and is as long as that makes it.</summary>
    [Theory]
    [InlineData("434C4950454D4231 02000000 01000000", 24, true)]
    [InlineData("434C4950454D4231 02000000 01000000", 25, false)]
    [InlineData("434C4950454D4231 02000000 01000000", 23, false)]
    [InlineData("434C4950454D4232 02000000 01000000", 24, false)]
    [InlineData("434C4950454D4231 00000000 01000000", 16, false)]
    [InlineData("434C4950454D4231 02000000 00000000", 0, false)]
    [InlineData("434C4950454D4231 FFFFFFFF 01000000", 12, false)]
    [InlineData("434C4950454D4231 02000000", 0, false)]
    public void AFileIsASegmentOnlyAsAWhole(string header, int rest, bool isOne)
    {
        File.WriteAllBytes(
            _folder["x.embeddings"], [.. Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal)), .. new byte[rest]]);

        using var segment = CacheSegment.Open(_folder["x.embeddings"]);

        Assert.Equal(isOne, segment is not null);
        if (segment is null) return;
        Assert.Equal((2, (UInt128)0), (segment.Dimension, Assert.Single(segment.Keys)));
        Assert.Equal([0, 0], segment.Row(0));
    }

    [Fact]
    public void AFileThatIsThereIsNotWrittenOver()
    {
        _folder.Write("x.embeddings", "another's");

        Assert.ThrowsAny<IOException>(() => CacheSegment.Write(_folder["x.embeddings"], [1], [[1f]]));

        Assert.Equal(["x.embeddings"], _folder.Entries);
        Assert.Equal("another's", File.ReadAllText(_folder["x.embeddings"]));
    }

    /// <summary>A picture that was embedded again counts as it was the last time, also where many files have become one.</summary>
    [Fact]
    public void OfSeveralRowsOfAKeyTheLastCounts()
    {
        using (var cache = Open())
        {
            for (var i = 0; i < 40; i++)
            {
                cache.Add(7, [i]);
                Assert.Equal([i], cache.Find(7)!);
                cache.Flush();
                Assert.Equal([i], cache.Find(7)!);
            }
        }

        using var again = Open();
        Assert.Equal([39], again.Find(7)!);
    }

    /// <summary>What cannot be written is told once, and what was embedded serves as long as the run goes on.</summary>
    [Fact]
    public void AFolderThatCannotBeMadeIsToldOnce()
    {
        _folder.Write("cache", "a file where the folder would be");
        var told = new List<string>();
        using (var cache = EmbeddingCache.Open(_folder["cache"], "model", told.Add))
        {
            for (var i = 0; i < 3; i++)
            {
                cache.Add((UInt128)i, [i]);
                cache.Flush();
            }

            Assert.Equal([0], cache.Find(0)!);
            Assert.Equal([2], cache.Find(2)!);
        }

        Assert.StartsWith("Embeddings cannot be kept in ", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void ARowIsReadAtItsPlace()
    {
        CacheSegment.Write(_folder["x.embeddings"], [5, 3, 4], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]);

        using var segment = CacheSegment.Open(_folder["x.embeddings"])!;

        Assert.Equal((3, 3), (segment.Dimension, segment.Keys.Count));
        Assert.Equal(new UInt128[] { 5, 3, 4 }, segment.Keys);
        Assert.Equal([[1, 2, 3], [4, 5, 6], [7, 8, 9]], Enumerable.Range(0, 3).Select(segment.Row));
        Assert.Equal(["x.embeddings"], _folder.Entries);
    }

    private EmbeddingCache Open(string model = "model") => EmbeddingCache.Open(_folder["cache"], model, Assert.Fail);
}
