using System.Formats.Tar;
using System.Text;
using Clip.Data.Sources;
using Clip.Data.Tests.Loading;

namespace Clip.Data.Tests.Sources;

/// <summary>What lies in written shards, and what becomes of records that cannot be written.</summary>
public sealed class ShardWriterFilesTests : IDisposable
{
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', 1], Jpeg = [0xFF, 0xD8, 0xFF, 2];
    private static readonly byte[] WebP = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8 "u8];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MembersAreNumberedAndEndAsTheirFormat()
    {
        var records = new MadeRecords(3)
        {
            Image = record => record switch { 0 => Png, 1 => Jpeg, _ => WebP },
            Captions = record => record == 1 ? ["a cat", "a \"tom\""] : [$"café {record}"],
        };

        Assert.Equal((3, 1), Write(records, 1 << 20));

        var members = Members("00000.tar");
        Assert.Equal(
            ["000000000.png", "000000000.txt", "000000001.jpg", "000000001.json", "000000002.webp", "000000002.txt"],
            members.Select(member => member.Name));
        Assert.Equal([Png, Jpeg, WebP], new[] { 0, 2, 4 }.Select(i => members[i].Content));
        Assert.Equal(["café 0", "café 2"], new[] { 1, 5 }.Select(i => Encoding.UTF8.GetString(members[i].Content)));
        Assert.Equal(["a cat", "a \"tom\""], JsonCaptions.Read(members[3].Content, ["caption"]));
        Assert.All(members, member => Assert.Equal((DateTimeOffset.UnixEpoch, TarEntryFormat.Ustar), (member.Time, member.Format)));
    }

    /// <summary>With the record that reaches the size: each member has a header of 512 bytes and fills blocks of 512.</summary>
    [Theory]
    [InlineData(1, new[] { 2, 2, 2, 2, 2 })]
    [InlineData(2048, new[] { 2, 2, 2, 2, 2 })]
    [InlineData(2049, new[] { 4, 4, 2 })]
    [InlineData(4096, new[] { 4, 4, 2 })]
    [InlineData(4097, new[] { 6, 4 })]
    [InlineData(1 << 20, new[] { 10 })]
    public void AShardEndsWithTheRecordThatReachesItsSize(long size, int[] members)
    {
        var records = new MadeRecords(5) { Image = _ => Png };

        Assert.Equal((5, members.Length), Write(records, size));
        Assert.Equal(members, Enumerable.Range(0, members.Length).Select(i => Members($"{i:D5}.tar").Count));
        Assert.Equal("000000004.txt", Members($"{members.Length - 1:D5}.tar")[^1].Name);
        Assert.Equal(members.Length, Directory.GetFiles(_folder["out"]).Length);
    }

    /// <summary>The numbers go on without a gap.</summary>
    [Fact]
    public void WhatCannotBeUsedIsLeftOutAndTold()
    {
        var told = new List<string>();
        var records = new MadeRecords(6)
        {
            Image = record => record switch { 1 => "GIF89a"u8.ToArray(), 2 => throw new IOException("not there"), _ => Png },
            Captions = record => record == 4 ? throw new InvalidDataException("the caption is empty") : [$"of {record}"],
        };

        Assert.Equal((3, 1), Write(records, 1 << 20, new BadRecords(6, 50, (key, reason) => told.Add($"{key}: {reason}"))));

        Assert.Equal(["of 0", "of 3", "of 5"], Members("00000.tar").Where(m => m.Name.EndsWith(".txt", StringComparison.Ordinal))
            .Select(member => Encoding.UTF8.GetString(member.Content)));
        Assert.Equal("000000002.txt", Members("00000.tar")[^1].Name);
        Assert.Equal(
            [
                "record 1: it is neither JPEG nor PNG nor WebP, which WebDatasets hold", "record 2: not there",
                "record 4: the caption is empty",
            ],
            told);
    }

    [Fact]
    public void TooManyThatCannotBeUsedLeaveNothing()
    {
        var records = new MadeRecords(4) { Image = record => record is 1 or 3 ? "no picture"u8.ToArray() : Png };

        var error = Assert.Throws<ClipException>(() => Write(records, 1 << 20, new BadRecords(4, 25, report: null)));

        Assert.StartsWith("2 of 4 records are bad", error.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Everything());
    }

    [Fact]
    public void WhereNothingCanBeWrittenItIsSaid()
    {
        var error = Assert.Throws<ClipException>(() => Write(
            new MadeRecords(2) { Image = _ => "no picture"u8.ToArray() }, 1 << 20, new BadRecords(2, 100, report: null)));

        Assert.StartsWith("None of the records can be used", error.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Everything());
    }

    [Fact]
    public void AFolderThatHoldsSomethingIsLeftAlone()
    {
        _folder.Write("out/mine.txt", "mine");

        Assert.Throws<ClipException>(() => Write(new MadeRecords(2) { Image = _ => Png }, 1 << 20));
        Assert.Equal(["out", Path.Combine("out", "mine.txt")], _folder.Everything());
    }

    private (int Records, int Shards) Write(MadeRecords records, long size, BadRecords? bad = null) =>
        new ShardWriter(_folder["out"], size).Write(records, bad ?? new BadRecords(records.Count, 0, report: null), CancellationToken.None);

    private List<(string Name, byte[] Content, DateTimeOffset Time, TarEntryFormat Format)> Members(string shard)
    {
        var members = new List<(string, byte[], DateTimeOffset, TarEntryFormat)>();
        using var file = File.OpenRead(_folder[$"out/{shard}"]);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream!.CopyTo(content);
            members.Add((entry.Name, content.ToArray(), entry.ModificationTime, entry.Format));
        }

        return members;
    }
}
