using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip.Storage;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Search.Tests.Storage;

/// <summary>Files that are there stay readable, to the letter; those of later versions and damaged ones say so.</summary>
public sealed class IndexFileTests : IDisposable
{
    private const int Block = 4096;

    private readonly TempFolder _folder = new();

    private string Path => _folder["photos.index"];

    public void Dispose() => _folder.Dispose();

    /// <summary>Written here byte by byte as version 1 has it: a change that cannot read it needs another version.</summary>
    [Fact]
    public void AFileOfVersionOneIsRead()
    {
        var file = Handmade();
        File.WriteAllBytes(Path, file);

        using var index = ClipImageIndex.Open(Path);

        Assert.Equal(("print", "name", 2, 2), (index.ModelFingerprint, index.ModelName, index.Dimension, index.Count));
        var expected = new ClipIndexEntry("b")
        {
            Path = "p",
            Size = 258,
            Modified = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Caption = "c",
            ContentHash = "h",
            Data = "d",
        };
        Assert.Equal([new("a") { Path = "a" }, expected], index.Entries);
        Assert.Equal([0.6f, 0.8f], index.GetEmbedding("b")!);
        Assert.Equal([("b", 0.8f), ("a", 0f)], index.Search([0, 1]).Select(found => (found.Id, found.Score)));

        // And it is written so: but for the generation, and the hash of that, they are the same.
        index.Upsert(expected, [0.6f, 0.8f]);
        index.Save();
        Assert.Equal(file[Block..], File.ReadAllBytes(Path)[Block..]);
    }

    [Fact]
    public void ALaterVersionIsNamed()
    {
        File.WriteAllBytes(Path, Handmade(version: 2));

        Assert.Equal(
            $"The index '{Path}' is of version 2, and this reads version 1; update the program, or index the pictures anew.",
            Assert.Throws<InvalidDataException>(() => ClipImageIndex.Open(Path)).Message);
    }

    /// <summary>Each part of an entry is kept by itself, and so are all of them together.</summary>
    [Fact]
    public void EntriesKeepWhatTheyHaveAndNoMore()
    {
        for (var parts = 0; parts < 128; parts++)
        {
            var entry = new ClipIndexEntry("id ä")
            {
                Path = (parts & 1) == 0 ? null : (parts & 2) == 0 ? "a path" : "id ä",
                Size = (parts & 4) == 0 ? null : long.MaxValue - 1,
                Modified = (parts & 8) == 0 ? null : new DateTimeOffset(2024, 2, 29, 23, 0, 0, TimeSpan.FromHours(-5)),
                Caption = (parts & 16) == 0 ? null : "",
                ContentHash = (parts & 32) == 0 ? null : "hash",
                Data = (parts & 64) == 0 ? null : "{\"a\": 1}",
            };

            var bytes = EntryBytes.Write(entry);

            Assert.Equal(entry, EntryBytes.Read(bytes));
            Assert.Equal("id ä", EntryBytes.ReadId(bytes));
        }
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(1, -5)]
    [InlineData(1, 1_000_000)]
    [InlineData(2, 1)]
    [InlineData(1, 1)]
    public void EntriesThatLieElsewhereAreDamaged(int entry, long offset)
    {
        var file = Handmade();
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan((5 * Block) + (8 * entry)), offset);
        File.WriteAllBytes(Path, file);
        using var index = ClipImageIndex.Open(Path);

        var error = Assert.Throws<InvalidDataException>(() => index.Entries);

        Assert.StartsWith("The index is damaged: an entry ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWithoutEndAreRefusedAndLeaveNothingBehind()
    {
        using var index = ClipImageIndex.Create(Path, "print", 2, new string('x', 4000));

        Assert.Contains("too long for an index", Assert.Throws<ArgumentException>(index.Save).Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public void ANewIndexTakesThePlaceOfOneThatIsThere()
    {
        using (var old = ClipImageIndex.Create(Path, "old", 3)) { old.Add(new("a"), [1, 0, 0]); old.Save(); }
        using var index = ClipImageIndex.Create(Path, "new", 2);
        Assert.True(File.Exists(Path));

        index.Add(new("b"), [1, 0]);
        index.Save();

        using var opened = ClipImageIndex.Open(Path);
        Assert.Equal(("new", 2, "b"), (opened.ModelFingerprint, opened.Dimension, Assert.Single(opened.Entries).Id));
        Assert.Equal(["photos.index"], _folder.Entries);
    }

    [Fact]
    public void WhatAnIndexIsOfIsChecked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipImageIndex.Create(Path, "print", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipImageIndex.Create(Path, "print", 65_537));
        Assert.Throws<ArgumentException>(() => ClipImageIndex.Create(Path, " ", 2));
        Assert.Throws<ArgumentException>(() => ClipImageIndex.Create("", "print", 2));
        using var widest = ClipImageIndex.Create(Path, "print", 65_536);
        Assert.Throws<ArgumentException>(() => widest.Add(new(""), new float[65_536]));
        Assert.Equal((65_536, null, false), (widest.Dimension, widest.ModelName, widest.HasChanges));
    }

    [Fact]
    public void AnIndexOfAModelHasItsFoldersName()
    {
        using var folder = new TinyFolder();
        using var model = ClipModel.Open(folder.Path + System.IO.Path.DirectorySeparatorChar);

        using var index = ClipImageIndex.Create(Path, model);

        Assert.Equal(
            (model.Fingerprint, model.Dimension, System.IO.Path.GetFileName(folder.Path)),
            (index.ModelFingerprint, index.Dimension, index.ModelName));
        index.RequireModel(model);
    }

    /// <summary>Two pictures, [1, 0] and [0.6, 0.8], and behind the header each part in a block of its own.</summary>
    private static byte[] Handmade(int version = 1)
    {
        byte[] first = [1, (byte)'a', 2]; // the path is the id
        byte[] second =
        [
            1, (byte)'b', 1 | 4 | 8 | 16 | 32 | 64, 1, (byte)'p', 2, 1, 0, 0, 0, 0, 0, 0,
            .. BitConverter.GetBytes(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks), 1, (byte)'c', 1, (byte)'h', 1, (byte)'d',
        ];
        var file = new byte[(6 * Block) + first.Length + second.Length];
        var text = Encoding.UTF8.GetBytes(
            $"{{\"Version\":{version},\"Generation\":\"0123\",\"ModelFingerprint\":\"print\",\"ModelName\":\"name\","
            + "\"Dimension\":2,\"Count\":2,"
            + "\"VectorsAt\":4096,\"CodesAt\":8192,\"DistancesAt\":12288,\"CodingAt\":16384,\"OffsetsAt\":20480,\"EntriesAt\":24576,"
            + $"\"Length\":{file.Length}}}");
        "CLIPINDX"u8.CopyTo(file);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(8), text.Length);
        SHA256.HashData(text, file.AsSpan(16));
        text.CopyTo(file, 48);
        Floats(Block, 1, 0, 0.6f, 0.8f);
        // Each dimension goes 127 steps from its middle to either end: codes of 127 and -127, each row's padded to 64 bytes.
        (file[2 * Block], file[(2 * Block) + 1]) = (127, unchecked((byte)-127));
        (file[(2 * Block) + 64], file[(2 * Block) + 65]) = (unchecked((byte)-127), 127);
        float[] least = [0.6f, 0], most = [1, 0.8f];
        float[] centers = [.. least.Zip(most, (a, b) => (a + b) / 2)], steps = [.. least.Zip(most, (a, b) => (b - a) / 254)];
        Floats(3 * Block, Distance(1, 127, 0, -127), Distance(0.6f, -127, 0.8f, 127));
        Floats(4 * Block, [.. centers, .. steps]);
        foreach (var (offset, i) in new long[] { 0, first.Length, first.Length + second.Length }.Select((offset, i) => (offset, i)))
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan((5 * Block) + (8 * i)), offset);
        first.CopyTo(file, 6 * Block);
        second.CopyTo(file, (6 * Block) + first.Length);
        return file;

        void Floats(int at, params float[] values)
        {
            for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(at + (4 * i)), values[i]);
        }

        float Distance(float x, int codeX, float y, int codeY)
        {
            double offX = x - (centers[0] + ((double)steps[0] * codeX)), offY = y - (centers[1] + ((double)steps[1] * codeY));
            return MathF.BitIncrement((float)Math.Sqrt((offX * offX) + (offY * offY)));
        }
    }
}
