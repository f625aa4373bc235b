using Clip.Trainer.Data.Sources;

namespace Clip.Trainer.Tests.Data.Sources;

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

    [Fact]
    public void AShardThatIsNoTarIsNamed()
    {
        var path = _folder.Write("x.tar", new string('z', 2000));

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Contains($"'{path}' has no usable records", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AbsentShardsAreNamed()
    {
        Shards.Tar(_folder, "0.tar", "1.jpg", "1.txt");

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder["{0..1}.tar"], new RecordSourceOptions()));

        Assert.Contains($"no data file '{_folder["1.tar"]}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/{00000..00002}.tar", "a/00000.tar a/00001.tar a/00002.tar")]
    [InlineData("{8..11}", "8 9 10 11")]
    [InlineData("{08..11}", "08 09 10 11")]
    [InlineData("{2..1}{a,b}", "2a 2b 1a 1b")]
    [InlineData("plain.tar", "plain.tar")]
    [InlineData("odd{name}.tar", "odd{name}.tar")]
    public void BracesExpandAsBashs(string pattern, string expected) => Assert.Equal(expected.Split(' '), ShardPattern.Expand(pattern));
}
