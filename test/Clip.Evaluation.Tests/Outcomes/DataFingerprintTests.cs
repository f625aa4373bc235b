using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Tests.Outcomes;

/// <summary>Outcomes are of the same data where pictures, their sizes and what is right for them are, wherever they lie.</summary>
public sealed class DataFingerprintTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PicturesInAnotherFolderAreTheSame()
    {
        var here = Of(Set("here", ("cat/1.png", "x", "cat"), ("dog/2.png", "yy", "dog")));

        Assert.Equal(here, Of(Set("a/deeper/place", ("cat/1.png", "z", "cat"), ("dog/2.png", "zz", "dog")))); // of equal sizes
        Assert.Equal(16, here.Length);
    }

    [Fact]
    public void AnythingElseIsOtherData()
    {
        string[] all =
        [
            Of(Set("a", ("cat/1.png", "x", "cat"), ("dog/2.png", "yy", "dog"))),
            Of(Set("b", ("cat/1.png", "x", "cat"), ("dog/3.png", "yy", "dog"))), // a name
            Of(Set("c", ("cat/1.png", "x", "cat"), ("dog/2.png", "yyy", "dog"))), // a size
            Of(Set("d", ("cat/1.png", "x", "cat"), ("dog/2.png", "yy", "cat"))), // what is right
            Of(Set("e", ("dog/2.png", "yy", "dog"), ("cat/1.png", "x", "cat"))), // the order
            Of(Set("f", ("cat/1.png", "x", "cat"))),
            Of(Set("g", ("cat/1.png", "x", "cat"), ("dog/2.png", "yy", "dog")) with { Labels = ["cat", "dog", "cow"] }),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void CaptionsCountToo()
    {
        string[] all = [Captions("a cat", "a tom"), Captions("a cat"), Captions("a tom", "a cat"), Captions("a dog", "a tom")];

        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[0], Captions("a cat", "a tom"));
    }

    [Fact]
    public void PicturesOfNoKnownLabelAreToldByNamesAndCandidates()
    {
        StoredImage[] pictures = [new() { ImagePath = "1.png", Content = () => [] }, new() { ImagePath = "2.png", Content = () => [] }];
        string[] all =
        [
            DataFingerprint.Of(["cat"], pictures), DataFingerprint.Of(["dog"], pictures), DataFingerprint.Of(["cat"], pictures[..1]),
            DataFingerprint.Of([], pictures), DataFingerprint.Of(["a", "b"], pictures), DataFingerprint.Of(["alabel b"], pictures),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7, "/a/b/c/1.png")]
    [InlineData(3, "/a/bc/1.png", "/a/bd/2.png")]
    [InlineData(3, "/a/1.png", "/a/12.png")]
    [InlineData(5, "/a/b/1.png", "/a/b/c/2.png")]
    [InlineData(2, "a\\1.png", "a\\b\\2.png")]
    [InlineData(0, "1.png", "2.png")]
    [InlineData(0, "a/1.png", "b/1.png")]
    public void TheSharedFolderEndsWithASeparator(int expected, params string[] paths) =>
        Assert.Equal(expected, StoredImage.SharedFolder([.. paths.Select(path => new StoredImage { ImagePath = path })]));

    private static string Of(LabeledSet set) =>
        DataFingerprint.Of(ClassificationOutcome.Of(set, [.. set.Images.Select(_ => new[] { 1f, 0 })]));

    private static string Captions(params string[] captions)
    {
        CaptionedPicture[] images = [new() { ImagePath = "1.png", Content = () => [], Captions = captions }];
        return DataFingerprint.Of(new RetrievalOutcome(new RetrievalSet("set", images), images, [[1]], captions, [[1]], [0]));
    }

    private LabeledSet Set(string folder, params (string Name, string Content, string Class)[] pictures) => new(
        "set",
        [
            .. pictures.Select(p => new LabeledImage { ImagePath = _folder.Write($"{folder}/{p.Name}", p.Content), Class = p.Class }),
        ],
        ["cat", "dog"], null);
}
