using Clip.Evaluation.Embedding;

namespace Clip.Evaluation.Tests.Embedding;

/// <summary>What an embedding is kept under: another picture, or another state of one, has another key.</summary>
public sealed class EmbeddingKeyTests : IDisposable
{
    private static readonly DateTime Noon = new(2020, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileIsKnownByItsPathSizeAndTime()
    {
        UInt128[] keys =
        [
            OfFile("a.png", "one", Noon),
            OfFile("b.png", "one", Noon), // a path
            OfFile("a.png", "more", Noon), // a size
            OfFile("a.png", "one", Noon.AddTicks(10)), // a time, by less than a second
        ];

        Assert.Equal(4, keys.Distinct().Count());
        Assert.Equal(keys[0], OfFile("a.png", "two", Noon)); // its bytes are not looked at
    }

    [Fact]
    public void APartOfAFileIsKnownByThatFileAndItsName()
    {
        UInt128[] keys =
        [
            OfPart("a.tar", "one", Noon, "0"),
            OfPart("a.tar", "one", Noon, "1"),
            OfPart("b.tar", "one", Noon, "0"),
            OfPart("a.tar", "more", Noon, "0"),
            OfPart("a.tar", "one", Noon.AddTicks(10), "0"),
            OfFile("a.tar", "one", Noon),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], OfPart("a.tar", "one", Noon, "0"));
    }

    [Fact]
    public void BytesOfNoFileAreKnownByThemselves()
    {
        var key = OfBytes("x", 1, 2);

        Assert.Equal(key, OfBytes("y", 1, 2));
        Assert.NotEqual(key, OfBytes("x", 1, 3));
        Assert.NotEqual(key, OfBytes("x", 1));

        static UInt128 OfBytes(string name, params byte[] bytes) =>
            EmbeddingKey.Of(new LabeledImage { ImagePath = name, Content = () => bytes });
    }

    [Fact]
    public void WhatAPictureIsAPartOfMustBeThere()
    {
        var path = _folder["none.tar"];

        var error = Assert.Throws<FileNotFoundException>(
            () => EmbeddingKey.Of(new LabeledImage { ImagePath = "0", Container = path, Content = () => [] }));

        Assert.Contains($"'{path}' does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATextIsKnownByItsLettersAsTheyAre() =>
        Assert.Equal(3, new[] { "a cat", "A cat", "a cat " }.Select(EmbeddingKey.OfText).Distinct().Count());

    private UInt128 OfFile(string name, string content, DateTime time) =>
        EmbeddingKey.Of(new() { ImagePath = Written(name, content, time) });

    private UInt128 OfPart(string container, string content, DateTime time, string name) => EmbeddingKey.Of(
        new LabeledImage { ImagePath = name, Container = Written(container, content, time), Content = () => [7] });

    private string Written(string name, string content, DateTime time)
    {
        var path = _folder.Write(name, content);
        File.SetLastWriteTimeUtc(path, time);
        return path;
    }
}
