using System.Formats.Tar;
using System.Text;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>What is told of shards and records that cannot be used, and what is kept beside them.</summary>
public sealed class ShardDamageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("zzzzzzzz", "it is not a tar file, or its first header is damaged")]
    [InlineData("<!DOCTYPE html><html>", "it is a web page, not the file itself")]
    public void AFileThatBeginsOtherwiseIsNoShard(string start, string told)
    {
        var path = _folder.Write("x.tar", start.PadRight(2000, 'z'));

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Contains($"{path}: the shard cannot be read beyond its start: {told}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A header's checksum does not fit: nobody knows where the next one is.</summary>
    [Fact]
    public void WhatFollowsADamagedHeaderIsLost_AndWhatLiesBeforeIsKept()
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt", "2.jpg", "2.txt", "3.jpg", "3.txt");
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(bytes.AsSpan().LastIndexOf("3.jpg"u8) - (3 * 512), 512).Fill((byte)'z');
        File.WriteAllBytes(path, bytes);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(["1.jpg", "2.jpg"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        var (key, reason) = Assert.Single(records.Unusable);
        Assert.Equal(path, key);
        Assert.StartsWith("the shard cannot be read beyond 2: ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AMemberThatIsCutOffTellsHowMuchIsMissing()
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg=" + new string('x', 5000), "1.txt");
        using (var file = File.OpenWrite(path)) file.SetLength(5000);

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Matches("the file is cut short: 1.jpg should go on for [0-9]+ more bytes", error.Message);
    }

    [Fact]
    public void WhatARecordLacksIsTold_AndTogetherThatItLiesApart()
    {
        var path = Shards.Tar(
            _folder, "x.tar",
            "1.txt", "2.jpg", "3.jpg", "1.jpg", "3.png", "4.jpg", "4.txt", "5.dat=nothing", "2.dat=nothing", "6.txt", "7.JPG", "6.txt");

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(["4.jpg"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        var told = records.Unusable.ToDictionary(u => u.Key[(path.Length + 1)..], u => u.Value.Split(';')[0]);
        Assert.Equal("its members do not lie side by side", told["1"]);
        Assert.Equal("it has no caption (among .jpg)", told["2"]);
        Assert.Equal("it has no caption (among .jpg)", told["3"]);
        Assert.Equal("it has no image (among .dat)", told["5"]);
        Assert.Equal("it has no image (among .txt)", told["6"]);
        Assert.Equal("it has no caption (among .jpg)", told["7"]);
        Assert.Equal(6, told.Count);
    }

    /// <summary>One without an ending is no end of the shard: what follows is read.</summary>
    [Fact]
    public void OfManyEndingsSixAreNamed()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.jpg", "1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "1.g", "2.jpg", "2", "2.a", "2.b", "2.c", "2.d", "3.jpg", "3.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(
            [
                "it has no caption (among .jpg, .a, .b, .c, .d, .e and 2 more)",
                "it has no caption (among .jpg, one without an ending, .a, .b, .c, .d)",
            ],
            records.Unusable.Select(u => u.Value.Split(';')[0]));
        Assert.Equal("3.jpg", Shards.Image(records, 0));
    }

    [Fact]
    public void NamesWithSeveralDotsStayOneRecordWhereAPartOfThemLacksSomething()
    {
        Shards.Tar(_folder, "x.tar", "a.1.jpg", "a.1.txt", "a.2.jpg", "b.jpg", "b.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["b.jpg"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal($"{_folder["x.tar"]}:a", Assert.Single(records.Unusable).Key);
    }

    [Fact]
    public void NamesMayHaveAnyLetters()
    {
        Shards.Tar(_folder, "x.tar", "gr\u00fcn/k\u00e4fer.jpg", "gr\u00fcn/k\u00e4fer.txt", "\u7ea2.jpg", "\u7ea2.txt", "z.jpg", "z.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(
            ["gr\u00fcn/k\u00e4fer", "\u7ea2", "z"], Enumerable.Range(0, 3).Select(i => records.Key(i)[(_folder["x.tar"].Length + 1)..]));
    }

    /// <summary>A folder's name may have dots, and a name none.</summary>
    [Fact]
    public void ARecordsNameEndsAtTheFirstDotOfItsOwn()
    {
        Shards.Tar(_folder, "x.tar", "v1.0/1.jpg", "v1.0/1.txt", "v1.0/2.jpg", "v1.0/2.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["v1.0/1.txt", "v1.0/2.txt"], Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
    }

    [Fact]
    public void ACaptionLikeABookIsTooLarge()
    {
        Shards.TarOf(
            _folder, "x.tar",
            ("1.jpg", "picture"u8.ToArray()), ("1.txt", new byte[(1 << 24) + 1]),
            ("2.jpg", "other"u8.ToArray()), ("2.txt", "words"u8.ToArray()));

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(1, records.Count);
        Assert.Equal(new KeyValuePair<string, string>($"{_folder["x.tar"]}:1", "it is too large"), Assert.Single(records.Unusable));
    }

    /// <summary>As tar wrote them in 1979.</summary>
    [Fact]
    public void TheOldestFormatIsReadToo()
    {
        using (var file = File.Create(_folder["x.tar"]))
        using (var tar = new TarWriter(file, TarEntryFormat.V7))
        {
            foreach (var name in new[] { "1.jpg", "1.txt" })
            {
                var content = new MemoryStream(Encoding.UTF8.GetBytes(name));
                tar.WriteEntry(new V7TarEntry(TarEntryType.V7RegularFile, name) { DataStream = content });
            }
        }

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(("1.jpg", "1.txt"), (Shards.Image(records, 0), Assert.Single(records.ReadCaptions(0))));
    }
}
