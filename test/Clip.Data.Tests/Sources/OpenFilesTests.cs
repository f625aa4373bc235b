using Clip.Data.Sources;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Tests.Sources;

/// <summary>Files are closed when they are not read any more, also where opening them came to nothing.</summary>
public sealed class OpenFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AParquetFileIsClosedWithItsSource()
    {
        var path = await Shards.ParquetAsync(_folder, "x.parquet", 2);

        using (var records = RecordSources.Open(path, new RecordSourceOptions())) Assert.Equal("image 1", Shards.Image(records, 1));

        AssertClosed(path);
    }

    [Fact]
    public async Task WhereAFileIsRefusedTheOthersAreClosedToo()
    {
        var good = await Shards.ParquetAsync(_folder, "0.parquet", 2);
        var bad = _folder["1.parquet"];
        var damaged = _folder["2.parquet"];
        File.WriteAllBytes(damaged, [.. File.ReadAllBytes(good)[..^8], .. new byte[4], .. "PAR1"u8]);
        _folder.Write("3.parquet", "no table at all");

        await WriteOtherAsync(bad);

        Assert.Throws<ClipException>(() => RecordSources.Open(_folder["{0..1}.parquet"], new RecordSourceOptions()));
        Assert.Throws<ClipException>(() => RecordSources.Open(_folder["{2..3}.parquet"], new RecordSourceOptions()));
        // One that has been opened already, joined with one that is not there.
        Assert.Throws<ClipException>(() => RecordSources.Open($"{good}::{_folder["absent.tsv"]}", new RecordSourceOptions()));

        Assert.All([good, bad, damaged, _folder["3.parquet"]], AssertClosed);
    }

    [Fact]
    public void ShardsAreClosedOnceTheyAreIndexed_AndWithTheirSource()
    {
        var path = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt");
        var none = Shards.Tar(_folder, "y.tar", "1.jpg");

        using (var records = RecordSources.Open(path, new RecordSourceOptions { GroupByImage = false }))
        {
            AssertClosed(path);
            Assert.Equal("1.jpg", Shards.Image(records, 0));
        }

        AssertClosed(path);
        Assert.Throws<ClipException>(() => RecordSources.Open(none, new RecordSourceOptions()));
        AssertClosed(none);
    }

    [Fact]
    public void APicturesFileIsClosedOnceItIsRead()
    {
        var path = _folder.Write("a.png", "picture");

        using var bytes = ImageBytes.OfFile(path);
        Assert.False(PictureFiles.IsPicture(_folder.Write("b.dat", "no picture")));

        AssertClosed(path);
        AssertClosed(_folder["b.dat"]);
    }

    [SkippableFact]
    public async Task WhatCameOutOfAPipeIsGoneWithItsSource()
    {
        var (plain, pipe, empty) = (Shards.Tar(_folder, "plain", "1.jpg", "1.txt"), _folder["x.tar"], _folder.Write("empty.tar", ""));
        NamedPipe.Make(pipe);
        var pipes = new PipedShards();

        var writing = Task.Run(() => File.WriteAllBytes(pipe, File.ReadAllBytes(plain)));
        var copy = pipes.Local(pipe);
        await writing;

        Assert.Equal(File.ReadAllBytes(plain), File.ReadAllBytes(copy!));
        Assert.Equal(copy, pipes.Local(pipe)); // it is read once
        Assert.All([plain, empty, _folder["absent.tar"]], path => Assert.Null(pipes.Local(path)));
        pipes.Dispose();
        Assert.False(File.Exists(copy));
        Assert.True(File.Exists(plain));
    }

    /// <summary>Caches of downloads are full of links.</summary>
    [SkippableFact]
    public async Task ALinkLeadsToItsFile()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need rights there.");
        _folder.Write("blobs/picture", "picture");
        _folder.Write("blobs/table", "filepath\ttitle\npicture.png\ta cat\n");
        Shards.Tar(_folder, "blobs/shard", "1.jpg=in a shard", "1.txt=a dog");
        await Shards.ParquetAsync(_folder, "blobs/rows", 1);
        foreach (var (name, blob) in new[] { ("picture.png", "picture"), ("x.tsv", "table"), ("x.tar", "shard"), ("x.parquet", "rows") })
            File.CreateSymbolicLink(_folder[name], _folder[$"blobs/{blob}"]);

        foreach (var (name, image) in new[] { ("x.tsv", "picture"), ("x.tar", "in a shard"), ("x.parquet", "image 0") })
        {
            using var records = RecordSources.Open(_folder[name], new RecordSourceOptions());
            Assert.Equal(image, Shards.Image(records, 0));
        }
    }

    /// <summary>A file of numbers alone, with neither images nor captions.</summary>
    private static async Task WriteOtherAsync(string path)
    {
        DataField<int> number = new("number");
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(number), file);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync<int>(number, new[] { 1 });
        group.CompleteValidate();
    }

    /// <summary>Nobody else has it open, for it can be had alone.</summary>
    private static void AssertClosed(string path)
    {
        using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
