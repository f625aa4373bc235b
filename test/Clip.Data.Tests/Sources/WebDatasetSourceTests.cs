using System.Formats.Tar;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

public sealed class WebDatasetSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AnImageAndTheTextBesideItAreARecord()
    {
        Shards.Tar(
            _folder, "00000.tar",
            "a/001.jpg", "a/001.txt=  a cat\n", "a/002.v1.txt=not of 002", "a/002.png", "a/002.txt=a dog", "a/002.json={}");
        Shards.Tar(_folder, "00001.tar", "003.webp", "003.json={\"caption\": [\"a bird\", \"a tit\"], \"text\": \"not this\"}");

        using var records = RecordSources.Open(_folder["{00000..00001}.tar"], new RecordSourceOptions());

        Assert.Equal(["a/001.jpg", "a/002.png", "003.webp"], Enumerable.Range(0, 3).Select(i => Shards.Image(records, i)));
        Assert.Equal([["a cat"], ["a dog"], ["a bird", "a tit"]], Enumerable.Range(0, records.Count).Select(records.ReadCaptions));
        Assert.Equal($"{_folder["00000.tar"]}:a/002", records.Key(1));
    }

    [Theory]
    [InlineData("""{"title": "c", "text": "b", "caption": "a"}""", "a")]
    [InlineData("""{"title": "c", "text": "b"}""", "b")]
    [InlineData("""{"title": " c "}""", "c")]
    public void OfSeveralCaptionsInAJsonTheFirstKnownCounts(string json, string caption)
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "1.json=" + json);

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal([caption], records.ReadCaptions(0));
    }

    [Fact]
    public void ACaptionKeyMeansTheJson()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.jpg", "1.txt=alt text", "1.json={\"blip\": \"a generated caption\"}",
            "2.jpg", "2.txt=x", "2.json={\"blip\": 3}", "3.jpg", "3.txt=x", "3.json={");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions { CaptionKeys = ["blip"] });

        Assert.Equal(["a generated caption"], records.ReadCaptions(0));
        Assert.Contains(
            "no caption under blip", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(1)).Message, StringComparison.Ordinal);
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordsWithoutAnImageOrACaptionAreNamed()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt", "2.txt", "3.jpg", "4.cls", "5.jpg", "5.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(2, records.Count);
        Assert.Equal([$"{_folder["x.tar"]}:2", $"{_folder["x.tar"]}:3", $"{_folder["x.tar"]}:4"], records.Unusable.Select(u => u.Key));
        Assert.Contains("no image", records.Unusable[0].Value, StringComparison.Ordinal);
        Assert.Contains("no caption", records.Unusable[1].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void ARecordOfNoBytesIsNone()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg=", "1.txt", "2.jpg", "2.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal((1, $"{_folder["x.tar"]}:2"), (records.Count, records.Key(0)));
        Assert.Equal(new KeyValuePair<string, string>($"{_folder["x.tar"]}:1", "its picture is empty"), Assert.Single(records.Unusable));
    }

    [Theory]
    [InlineData(5000, "", "1")] // in the first image
    [InlineData(9000, "1", "1")] // in a header of the second record
    [InlineData(12000, "1", "2")] // in its image
    public void AShardCutShortKeepsWhatIsWhole(int length, string kept, string beyond)
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg=" + new string('x', 5000), "1.txt", "2.jpg=" + new string('y', 5000), "2.txt");
        Shards.Tar(_folder, "y.tar", "3.jpg", "3.txt");
        using (var file = File.OpenWrite(path)) file.SetLength(length);

        using var records = RecordSources.Open(_folder["{x,y}.tar"], new RecordSourceOptions());

        var (key, reason) = Assert.Single(records.Unusable);
        Assert.Equal(path, key);
        Assert.StartsWith($"the shard cannot be read beyond {beyond}: ", reason, StringComparison.Ordinal);
        Assert.Equal(kept + "3", string.Concat(Enumerable.Range(0, records.Count).Select(i => records.Key(i)[^1])));
    }

    /// <summary>What macOS's tar and Finder, and storage boxes, put between the members.</summary>
    [Fact]
    public void HiddenMembersAreNoRecords()
    {
        Shards.Tar(
            _folder, "x.tar",
            "./._1.jpg=mac", "./1.jpg", "./._1.txt=mac", "./1.txt", "__MACOSX/1.jpg=mac", ".DS_Store=x", "a/@eaDir/2.jpg=x", "a/2.jpg",
            "a/.hidden/2.txt=x", "a/2.txt", "a/Thumbs.db=x");
        Shards.Tar(_folder, "._y.tar", "9.jpg", "9.txt");

        using var records = RecordSources.Open(_folder.Path, new RecordSourceOptions());

        Assert.Equal(["./1.jpg", "a/2.jpg"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal([["./1.txt"], ["a/2.txt"]], Enumerable.Range(0, records.Count).Select(records.ReadCaptions));
        Assert.Empty(records.Unusable);
    }

    [Fact]
    public void OtherEndingsAreReadWhereTheRuleIsClear()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.GIF", "1.TXT", "2.jfif", "2.txt", "3.bmp", "3.txt", "4.jpe", "4.txt",
            "5.input.jpg", "5.outputs.txt", // by the last ending
            "6.image=GIF89a by its bytes", "6.txt", // by what it is
            "7.png=second", "7.jpg=first", "7.txt", // open_clip's order
            "8.jpg", "8.thumb.jpg=not this", "8.txt", // whole endings first
            "9.jpg", "9.txt= \n", "9.json={\"caption\": \"only the json has words\"}");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(
            ["1.GIF", "2.jfif", "3.bmp", "4.jpe", "5.input.jpg", "GIF89a by its bytes", "first", "8.jpg", "9.jpg"],
            Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal(["5.outputs.txt"], records.ReadCaptions(4));
        Assert.Equal(["only the json has words"], records.ReadCaptions(8));
    }

    [Fact]
    public void WhereItIsNotClearTheEndingsFoundAreNamed()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.left.jpg", "1.right.jpg", "1.txt", "2.jpg", "2.en.txt", "2.de.txt", "3.jpg", "3.text", "4.jpg", "4.txt");

        using (var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions()))
        {
            string[] reasons =
            [
                "it has several images (.left.jpg, .right.jpg)", "it has several captions (.en.txt, .de.txt)",
                "it has no caption (among .jpg, .text)",
            ];
            Assert.Equal(reasons, records.Unusable.Select(u => u.Value.Split(';')[0]));
            Assert.All(records.Unusable, u => Assert.Contains("`ImageEndings` and `CaptionEndings`", u.Value, StringComparison.Ordinal));
        }

        using var named = RecordSources.Open(
            _folder["x.tar"], new RecordSourceOptions { ImageEndings = [".right.jpg", "jpg"], CaptionEndings = ["de.txt", "text", "txt"] });
        Assert.Equal(["1.right.jpg", "2.jpg", "3.jpg", "4.jpg"], Enumerable.Range(0, named.Count).Select(i => Shards.Image(named, i)));
        Assert.Equal(["2.de.txt"], named.ReadCaptions(1));
    }

    [Fact]
    public void NamesWithSeveralDotsAreRecordsByTheirLast()
    {
        Shards.Tar(_folder, "x.tar", "holiday.v1.001.jpg", "holiday.v1.001.txt", "holiday.v1.002.jpg", "holiday.v1.002.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["holiday.v1.001.txt", "holiday.v1.002.txt"], Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
        Assert.EndsWith(":holiday.v1.002", records.Key(1), StringComparison.Ordinal);
    }

    [Fact]
    public void MembersThatDoNotLieSideBySideAreToldWithTheRemedy()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "2.jpg", "1.txt", "2.txt");

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder["x.tar"], new RecordSourceOptions()));

        Assert.Contains("side by side", error.Message, StringComparison.Ordinal);
        Assert.Contains("tar --sort=name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextsThatAreNotUtf8AreBadRecords()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt=\uFEFFa cat", "2.jpg", "2.txt=a dog", "3.jpg", "3.json={\"caption\": \"\u00e9\"}");
        var bytes = File.ReadAllBytes(_folder["x.tar"]);
        bytes[bytes.AsSpan().IndexOf("a dog"u8)] = 0xE9;
        bytes[bytes.AsSpan().LastIndexOf("é"u8) + 1] = (byte)'x';
        File.WriteAllBytes(_folder["x.tar"], bytes);

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["a cat"], records.ReadCaptions(0));
        Assert.Contains("not UTF-8", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(1)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => records.ReadCaptions(2));
    }

    [Fact]
    public void ClassesAreCaptionsByTheirNames()
    {
        Shards.Tar(_folder, "test/0.tar", "1.cls=1", "1.jpg", "2.cls=0", "2.jpg", "3.cls=2", "3.jpg");
        using (var unnamed = RecordSources.Open(_folder["test"], new RecordSourceOptions()))
        {
            Assert.Contains(
                "no classnames.txt", Assert.Throws<InvalidDataException>(() => unnamed.ReadCaptions(0)).Message, StringComparison.Ordinal);
        }

        _folder.Write("classnames.txt", "cat\ndog\n");
        using var records = RecordSources.Open(_folder["test"], new RecordSourceOptions { Templates = ["a {}.", "the {}."] });

        Assert.Equal(["a dog.", "the dog."], records.ReadCaptions(0));
        Assert.Contains("names 2", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(2)).Message, StringComparison.Ordinal);
    }

    /// <summary>Of equal length, two also of equal middles; only those of equal bytes are one image, which no step shows twice.</summary>
    [Fact]
    public void RecordsOfTheSameBytesAreOneImage()
    {
        var (cat, middle) = (new string('c', 1000), new string('c', 999) + "d");
        Shards.Tar(_folder, "0.tar", $"1.jpg={cat}", "1.txt=a cat", $"2.jpg={middle}", "2.txt=x", $"3.jpg={cat}", "3.txt=a tom");
        Shards.Tar(_folder, "1.tar", $"1.jpg={cat}", "1.txt=a cat", "2.jpg=dog", "2.txt=a dog", "3.jpg=cow", "3.txt=a cow");

        using var records = RecordSources.Open(_folder.Path, new RecordSourceOptions());
        using var apart = RecordSources.Open(_folder.Path, new RecordSourceOptions { GroupByImage = false });

        Assert.Equal([0, 1, 0, 0, 4, 5], Enumerable.Range(0, records.Count).Select(records.ImageId));
        Assert.Equal([0, 1, 2, 3, 4, 5], Enumerable.Range(0, apart.Count).Select(apart.ImageId));
    }

    [Fact]
    public void WhatIsNoFileIsNoMember()
    {
        using (var file = File.Create(_folder["x.tar"]))
        using (var tar = new TarWriter(file, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "1.jpg"));
            foreach (var name in (string[])["1.png", "1.txt"])
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1, 2]) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "1.json") { LinkName = "1.txt" });
        }

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal((1, 2, 0), (records.Count, Shards.Image(records, 0).Length, records.Unusable.Count));
    }

    [Fact]
    public void ATextWithoutWordsIsNoCaption()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.jpg", "1.txt=", "2.jpg", "2.txt= \n\t", "3.jpg", "3.txt=a cat", "4.jpg", $"4.txt={new string(' ', 64)}x");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(new KeyValuePair<string, string>($"{_folder["x.tar"]}:1", "its caption is empty"), Assert.Single(records.Unusable));
        Assert.Contains(
            "the caption is empty", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(0)).Message, StringComparison.Ordinal);
        Assert.Equal([["a cat"], ["x"]], new[] { 1, 2 }.Select(records.ReadCaptions));
    }
}
