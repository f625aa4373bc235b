using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Tests.Files;

/// <summary>Which files are the same, for what is opened once for all of them.</summary>
public sealed class FileStampTests : IDisposable
{
    /// <summary>More than is read at a time.</summary>
    private const int Length = 600_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("stamps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    [InlineData(Length - 1)]
    public void FilesThatDifferInOneByteAreNotTheSame(int place)
    {
        var (one, same) = (Write("one", _ => { }), Write("same", _ => { }));
        var other = Write("other", bytes => bytes[place]++);

        Assert.True(one.HasBytesOf(same));
        Assert.False(one.HasBytesOf(other));
        Assert.False(other.HasBytesOf(one));
    }

    /// <summary>What was looked at is not what lies there now, whatever that is.</summary>
    [Fact]
    public void AFileThatWasWrittenSinceIsNotTheOneThatWasLookedAt()
    {
        var (one, other) = (Write("one", _ => { }), Write("other", _ => { }));
        File.SetLastWriteTimeUtc(one.Path, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));

        Assert.False(one.HasBytesOf(other));
        Assert.False(other.HasBytesOf(one));
        var now = FileStamp.Of(one.Path)!;
        Assert.NotEqual(one, now);
        Assert.Equal(new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc), now.Written);
        Assert.True(now.HasBytesOf(other));
    }

    [Fact]
    public void AFileIsReadUpToTheMostThatItMayHave()
    {
        var path = Write("one", _ => { }).Path;

        Assert.Equal(Length, RegularFile.ReadAllBytes(path, Length).Length);
        Assert.Contains(
            "has 600,000 bytes, more than the 599,999 that such a file may have",
            Assert.Throws<InvalidDataException>(() => RegularFile.ReadAllBytes(path, Length - 1)).Message, StringComparison.Ordinal);
    }

    private FileStamp Write(string name, Action<byte[]> change)
    {
        var bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        change(bytes);
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return FileStamp.Of(path)!;
    }
}
