using System.IO.Compression;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>Which files are shards, and what is said of those that are none.</summary>
public sealed class ShardFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AShardThatIsNoTarIsNamed()
    {
        var path = _folder.Write("x.tar", new string('z', 2000));

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Contains($"'{path}' has no usable records", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyShardAmongOthersIsTold()
    {
        Shards.Tar(_folder, "0.tar", "1.jpg", "1.txt");
        Shards.Tar(_folder, "1.tar");
        _folder.Write("2.tar", "");

        using var records = RecordSources.Open(_folder["{0..2}.tar"], new RecordSourceOptions());

        Assert.Equal([_folder["1.tar"], _folder["2.tar"]], records.Unusable.Select(u => u.Key));
        Assert.All(records.Unusable, u => Assert.Contains("empty", u.Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x.tar")]
    [InlineData("x.tar.gz")]
    [InlineData("x.tgz")]
    public void APackedShardIsNamedAsSuch(string name)
    {
        Shards.Tar(_folder, "plain", "1.jpg", "1.txt");
        using (var packed = new GZipStream(File.Create(_folder[name]), CompressionLevel.Fastest))
            packed.Write(File.ReadAllBytes(_folder["plain"]));

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder[name], new RecordSourceOptions()));

        Assert.Contains("compressed (gzip)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("28B52FFD", "compressed (zstd)")]
    [InlineData("425A6839", "compressed (bzip2)")]
    [InlineData("FD377A585A00", "compressed (xz)")]
    [InlineData("04224D18", "compressed (lz4)")]
    [InlineData("474946383961", "it is a GIF, not a tar file")]
    public void AnotherFormatIsNamed(string start, string name)
    {
        File.WriteAllBytes(_folder["x.tar"], [.. Convert.FromHexString(start), .. Enumerable.Repeat((byte)'z', 2000)]);

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder["x.tar"], new RecordSourceOptions()));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pipe:curl -s https://example.org/x.tar")]
    [InlineData("s3://bucket/{0..9}.tar")]
    public void AddressesAreNamedAsSuch(string name) => Assert.Contains(
        "is an address or a command",
        Assert.Throws<ClipException>(() => RecordSources.Open(name, new RecordSourceOptions())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{0..999999999999}.tar")]
    [InlineData("x{0..99999999}.tar")]
    [InlineData("{0..99999}/{0..99999}.tar")]
    public void PatternsOfTooManyFilesAreRefusedAtOnce(string pattern) => Assert.Contains(
        "names more than",
        Assert.Throws<ClipException>(() => RecordSources.Open(pattern, new RecordSourceOptions())).Message, StringComparison.Ordinal);

    [SkippableFact]
    public async Task PipesAreShardsOnlyWhenAskedFor()
    {
        var (plain, pipe) = (Shards.Tar(_folder, "plain", "1.jpg", "1.txt"), _folder["x.tar"]);
        NamedPipe.Make(pipe);
        Assert.Throws<ClipException>(() => RecordSources.Open(pipe, new RecordSourceOptions()));
        Assert.Throws<ClipException>(() => RecordSources.Open("/dev/zero", new RecordSourceOptions { Type = "webdataset", Pipes = true }));

        var writing = Task.Run(() => File.WriteAllBytes(pipe, File.ReadAllBytes(plain)));
        using var records = RecordSources.Open(pipe, new RecordSourceOptions { Pipes = true });
        await writing;

        Assert.Equal("1.jpg", Shards.Image(records, 0));
    }

    [Fact]
    public void AbsentShardsAreNamed()
    {
        Shards.Tar(_folder, "0.tar", "1.jpg", "1.txt");

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder["{0..1}.tar"], new RecordSourceOptions()));

        Assert.Contains($"no data file '{_folder["1.tar"]}'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>More shards than are kept open.</summary>
    [Fact]
    public void OfManyShardsEachIsRead()
    {
        for (var i = 0; i < 300; i++) Shards.Tar(_folder, $"{i:D3}.tar", $"{i}.jpg", $"{i}.txt");

        using var records = RecordSources.Open(_folder["{000..299}.tar"], new RecordSourceOptions());

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}.jpg"), Enumerable.Range(0, 300).Select(i => Shards.Image(records, i)));
    }

    [Theory]
    [InlineData("a/{00000..00002}.tar", "a/00000.tar a/00001.tar a/00002.tar")]
    [InlineData("{8..11}", "8 9 10 11")]
    [InlineData("{08..11}", "08 09 10 11")]
    [InlineData("{2..1}{a,b}", "2a 2b 1a 1b")]
    [InlineData("{0..6..3}", "0 3 6")]
    [InlineData("plain.tar", "plain.tar")]
    [InlineData("odd{name}.tar", "odd{name}.tar")]
    public void BracesExpandAsBashs(string pattern, string expected) => Assert.Equal(expected.Split(' '), ShardPattern.Expand(pattern));
}
