using System.Formats.Tar;
using System.Text;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>Which members are a record, and which of them its image and its caption, by names alone.</summary>
public sealed class ShardNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Names of more than a header's 100 bytes stand before it, as each format has it.</summary>
    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void LongNamesAreWhole(TarEntryFormat format)
    {
        var folder = string.Join('/', Enumerable.Repeat("a-folder-of-some-length", 5));
        string[] names = [$"{folder}/1.jpg", $"{folder}/1.txt", $"{folder}/2.jpg", $"{folder}/2.txt"];
        using (var file = File.Create(_folder["x.tar"]))
        using (var tar = new TarWriter(file, format))
        {
            foreach (var name in names)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new GnuTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(name));
                tar.WriteEntry(entry);
            }
        }

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal([names[0], names[2]], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal([names[1], names[3]], Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
        Assert.Equal($"{_folder["x.tar"]}:{folder}/2", records.Key(1));
        Assert.Empty(records.Unusable);
    }

    /// <summary>A name that is there twice leaves open which is meant.</summary>
    [Fact]
    public void AMemberThatIsThereTwiceIsAFault()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg=one", "1.jpg=two", "1.txt", "2.jpg", "2.txt=a", "2.txt=b", "3.jpg", "3.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["3.jpg"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal(
            ["it has several images (.jpg)", "it has several captions (.txt)"], records.Unusable.Select(u => u.Value.Split(';')[0]));
    }

    /// <summary>The record of one name in two shards, or in one shard apart, are two.</summary>
    [Fact]
    public void ANameIsThatOfItsShard()
    {
        Shards.Tar(_folder, "0.tar", "1.jpg=a", "1.txt=of a", "2.jpg=b", "2.txt=of b", "1.jpg=c", "1.txt=of c");
        Shards.Tar(_folder, "1.tar", "1.jpg=d", "1.txt=of d");

        using var shards = (WebDatasetSource)RecordSources.Open(_folder["{0..1}.tar"], new RecordSourceOptions());

        Assert.Equal(["a", "b", "c", "d"], Enumerable.Range(0, shards.Count).Select(i => Shards.Image(shards, i)));
        Assert.Equal(["of a", "of b", "of c", "of d"], Enumerable.Range(0, shards.Count).SelectMany(shards.ReadCaptions));
        Assert.Equal([_folder["0.tar"], _folder["1.tar"]], [shards.ShardOf(2), shards.ShardOf(3)]);
        Assert.Equal($"{_folder["1.tar"]}:1", shards.Key(3));
    }

    /// <summary>In a .json, a .cls or a text, by the last ending too.</summary>
    [Fact]
    public void ACaptionIsWhatItsEndingSays()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.jpg", "1.meta.JSON={\"caption\": \"from json\"}", "2.jpg", "2.label.cls=cow", "3.jpg", "3.en.txt={\"caption\": \"x\"}",
            "4.jpg", "4.cls= cow\n", "4.txt=before the class", "5.jpg", "5.cls=cow", "5.json={\"caption\": \"before it too\"}");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions { Templates = ["the {}"] });

        Assert.Equal(
            ["from json", "the cow", "{\"caption\": \"x\"}", "before the class", "before it too"],
            Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
    }

    [Fact]
    public void NamesOfClassesThatAreGivenCountBeforeThoseBesideTheShards()
    {
        var shard = Shards.Tar(_folder, "x.tar", "1.jpg", "1.cls=1");
        _folder.Write("classnames.txt", "cat\ndog\n");

        using var beside = RecordSources.Open(shard, new RecordSourceOptions { Templates = ["{}"] });
        using var given = RecordSources.Open(
            shard, new RecordSourceOptions { Templates = ["{}"], ClassNames = new ClassNames(["ant", "bee"], "the list") });

        Assert.Equal(("dog", "bee"), (Assert.Single(beside.ReadCaptions(0)), Assert.Single(given.ReadCaptions(0))));
    }

    /// <summary>Those alone, with or without a dot, in any case; a picture is known by its bytes still.</summary>
    [Fact]
    public void EndingsThatAreGivenCountAlone()
    {
        Shards.Tar(
            _folder, "x.tar",
            "1.png=not this", "1.left=this", "1.txt=not this", "1.alt=this too", "2.JPG=GIF89a by its bytes", "2.alt=x", "3.png=p",
            "3.alt=y");
        var options = new RecordSourceOptions { ImageEndings = [".LEFT"], CaptionEndings = ["Alt"] };

        using var records = RecordSources.Open(_folder["x.tar"], options);

        Assert.Equal(["this", "GIF89a by its bytes"], Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal(["this too", "x"], Enumerable.Range(0, records.Count).SelectMany(records.ReadCaptions));
        Assert.StartsWith("it has no image (among .png, .alt)", Assert.Single(records.Unusable).Value, StringComparison.Ordinal);
    }

    /// <summary>Of several by their bytes none is known to be meant, and what has a caption's ending is no picture.</summary>
    [Fact]
    public void PicturesByTheirBytesAreOneAlone()
    {
        Shards.Tar(
            _folder, "x.tar", "1.left=GIF89a", "1.right=GIF89a", "1.txt", "2.a=GIF89a two", "2.b=no picture", "2.txt=GIF89a",
            "3.a=nothing", "3.txt");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal("GIF89a two", Shards.Image(records, 0));
        Assert.Equal(
            ["it has several images (.left, .right)", "it has no image (among .a, .txt)"],
            records.Unusable.Select(u => u.Value.Split(';')[0]));
    }

    /// <summary>More than a gigabyte is no picture; the header tells before anybody reads it.</summary>
    [Fact]
    public void APictureLikeADiskIsTooLarge()
    {
        using (var file = File.Create(_folder["x.tar"]))
        {
            // A hole in the file stands for the picture.
            var size = (1L << 30) + 1;
            file.Write(Header("1.jpg", size));
            file.Position = 512 + ((size + 511) / 512 * 512);
            foreach (var (name, text) in new[] { ("1.txt", "a"), ("2.jpg", "b"), ("2.txt", "c") })
            {
                file.Write(Header(name, text.Length));
                file.Write(Encoding.ASCII.GetBytes(text.PadRight(512, '\0')));
            }

            file.SetLength(file.Position + 1024);
        }

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(new KeyValuePair<string, string>($"{_folder["x.tar"]}:1", "it is too large"), Assert.Single(records.Unusable));
        Assert.Equal("b", Shards.Image(records, 0));

        static byte[] Header(string name, long length)
        {
            var header = new byte[512];
            Put(0, name);
            Put(100, "0000644\0");
            Put(124, Convert.ToString(length, 8).PadLeft(11, '0') + "\0");
            Put(136, "00000000000\0");
            Put(148, "        ");
            Put(156, "0");
            Put(257, "ustar\0" + "00");
            Put(148, Convert.ToString(header.Sum(value => value), 8).PadLeft(6, '0') + "\0 ");
            return header;

            void Put(int place, string text) => Encoding.ASCII.GetBytes(text).CopyTo(header, place);
        }
    }
}
