using System.IO.Compression;
using System.Numerics.Tensors;
using System.Text;
using Clip.Conversion.Tokenizing;

namespace Clip.Conversion.Tests.Tokenizing;

/// <summary>Word vectors as they are published, and those that come with the program.</summary>
public sealed class WordVectorsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cat 0.5 -1 2e-1\ndog 1 2 3\n")] // GloVe's
    [InlineData("2 3\ncat 0.5 -1 2e-1 \r\ndog 1 2 3 ")] // word2vec's and fastText's
    [InlineData("cat 0.5 -1 2e-1\n. . . 7 8 9\nnew york 1 1 1\nCat 4 5 6\ndog 1 2 3\nice-cream 1 1 1\ndog 0 0 0\n")]
    public void AWordIsTakenOnceWithItsNumbers(string text)
    {
        var vectors = WordVectors.Read(_folder.Write("words.txt", text), _ => true);

        Assert.Equal(3, vectors.Dimensions);
        Assert.Equal([0.5f, -1, 0.2f], vectors.Vectors["cat"]);
        Assert.Equal([1, 2, 3], vectors.Vectors["dog"]);
        Assert.Equal(["cat", "dog"], vectors.Vectors.Keys.Where(word => char.IsLetter(word[0])));
    }

    [Fact]
    public void AFileMayBeGzipped_WhateverItsName()
    {
        using (var file = new GZipStream(File.Create(_folder["words"]), CompressionLevel.Fastest)) file.Write("cat 1 2\n"u8);

        Assert.Equal([1, 2], WordVectors.Read(_folder["words"], _ => true).Vectors["cat"]);
    }

    [Fact]
    public void OnlyTheWordsThatAreWantedAreTaken()
    {
        var path = _folder.Write("words.txt", "cat 1 2\ndog 3 4\n");

        Assert.Equal(["dog"], WordVectors.Read(path, word => word == "dog").Vectors.Keys);
    }

    [Theory]
    [InlineData("cat 1 2\ndog 3\n", "Line 2")]
    [InlineData("cat 1 2\ndog 3 x\n", "Line 2")]
    [InlineData("cat 1 2\ndog 3 NaN\n", "Line 2")]
    [InlineData("cat 1 2\n\ndog 3 4\n", "Line 2")]
    [InlineData("cat\n", "Line 1")]
    [InlineData("", "holds no word vectors")]
    public void WhatIsNoWordAndItsNumbersIsRefused(string text, string told) =>
        Refused.With(told, () => WordVectors.Read(_folder.Write("words.txt", text), _ => true));

    [Fact]
    public void OtherFilesAreRefused()
    {
        File.WriteAllBytes(_folder["latin1"], Encoding.Latin1.GetBytes("caf\u00E9 1 2\n"));
        File.WriteAllBytes(_folder["cut"], [0x1F, 0x8B, 8, 0]);

        Refused.With("is not UTF-8", () => WordVectors.Read(_folder["latin1"], _ => true));
        Refused.With("cut", () => WordVectors.Read(_folder["cut"], _ => true));
        Refused.With("There is no file", () => WordVectors.Read(_folder["none"], _ => true));
    }

    /// <summary>Rare or not, as a noun or by what it does.</summary>
    [Theory]
    [InlineData("wrench")]
    [InlineData("bookmark")]
    [InlineData("teacup")]
    [InlineData("stopwatch")]
    [InlineData("receipt")]
    [InlineData("footprints")]
    [InlineData("yawning")]
    [InlineData("grimacing")]
    [InlineData("clapping")]
    public void TheEnglishOnesHaveWhatOneCanSee(string word) =>
        Assert.Contains(word, WordVectors.Read(WordVectors.English, _ => true).Vectors);

    [Fact]
    public void TheEnglishOnesKnowWhatIsLikeWhat()
    {
        var english = WordVectors.Read(WordVectors.English, _ => true);

        Assert.Equal((31_595, 64), (english.Vectors.Count, english.Dimensions));
        Assert.True(Likeness("cat", "dog") > Likeness("cat", "violin") + 0.2);
        Assert.True(Likeness("violin", "cello") > Likeness("violin", "tomato") + 0.2);
        Assert.True(Likeness("tomato", "broccoli") > Likeness("tomato", "dog") + 0.2);

        float Likeness(string one, string other) => TensorPrimitives.CosineSimilarity(english.Vectors[one], english.Vectors[other]);
    }
}
