using Clip.Cli.Options;

namespace Clip.Cli.Tests.Options;

/// <summary>Which of the words of <c>clip classify</c> are labels, templates and pictures.</summary>
public sealed class ClassifyWordsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _picture, _other, _labels, _templates;

    public ClassifyWordsTests()
    {
        (_picture, _other) = (_folder["rex.png"], _folder["tom.png"]);
        File.WriteAllBytes(_picture, Pictures.Png(4, 4).ToArray());
        File.WriteAllBytes(_other, Pictures.Png(4, 5).ToArray());
        _labels = _folder.Write("labels.txt", "cat\n dog \n\n");
        _templates = _folder.Write("templates.txt", "a {}\nthe {c}\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PicturesStandBeforeLabelsThatAreWords()
    {
        var words = ClassifyWords.Read(["cat", "red car", "dog"], [], [_picture]);

        Assert.Equal(["cat", "red car", "dog"], words.Labels);
        Assert.Null(words.Templates);
        Assert.Equal([_picture], words.Pictures);
        Assert.Null(words.Understood);
    }

    /// <summary>What could have been meant otherwise is told.</summary>
    [Fact]
    public void PicturesMayStandBehindThem()
    {
        var words = ClassifyWords.Read(["cat", "dog", _other, _picture], [], []);

        Assert.Equal(["cat", "dog"], words.Labels);
        Assert.Equal([_other, _picture], words.Pictures);
        Assert.Equal($"Labels: cat, dog. Pictures: {_other}, {_picture}.", words.Understood);
    }

    [Fact]
    public void PicturesThatAreNamedInSeveralPlacesAreAllMeantInOrder() => Assert.Equal(
        [_picture, _other, _picture, _other],
        ClassifyWords.Read(["cat", "dog", _other], ["a {}", _picture, _other], [_picture]).Pictures);

    [Fact]
    public void AFileOfLabelsStandsFirstAndPicturesBehindItAreNoQuestion()
    {
        var words = ClassifyWords.Read([_labels, _picture], [], [_other]);

        Assert.Equal(["cat", "dog"], words.Labels);
        Assert.Equal([_other, _picture], words.Pictures);
        Assert.Null(words.Understood);
    }

    [Fact]
    public void TemplatesAreSentencesOrAFile()
    {
        Assert.Equal(["a {}", "{c}!"], ClassifyWords.Read(["cat", "dog"], ["a {}", "{c}!", _picture], []).Templates!);
        Assert.Equal(["a {}", "the {c}"], ClassifyWords.Read(["cat", "dog"], [_templates, _picture], []).Templates!);
    }

    [Fact]
    public void AFolderBehindLabelsIsOneWithASlash()
    {
        var words = ClassifyWords.Read(["cat", "dog", _folder.Path + "/"], [], []);

        Assert.Equal([_picture, _other], words.Pictures);
    }

    [Theory]
    [InlineData("*.png", 2)]
    [InlineData("r*.png", 1)]
    public void APatternBehindLabelsIsPictures(string pattern, int count) =>
        Assert.Equal(count, ClassifyWords.Read(["cat", "dog", _folder[pattern]], [], []).Pictures.Length);

    /// <summary>What looks like a file is not taken as a label, whether it is there or not.</summary>
    [Theory]
    [InlineData("no.png")]
    [InlineData("no.JPG")]
    [InlineData("no.txt")]
    [InlineData("in/no")]
    public void AnAbsentFileBehindLabelsIsRefused(string word)
    {
        var error = Assert.Throws<ClipException>(() => ClassifyWords.Read(["cat", "dog", word], [], [_picture]));
        Assert.StartsWith($"'{word}' behind the labels is a path, and does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APointAloneMakesNoPath() =>
        Assert.Equal(["node.js", "st. bernard"], ClassifyWords.Read(["node.js", "st. bernard"], [], [_picture]).Labels);

    [Fact]
    public void AFileAmongOrBehindLabelsIsRefused()
    {
        var other = _folder.Write("others", "emu\ngnu\n"); // an ending would make it a path
        foreach (var words in new string[][] { ["cat", "dog", _labels], ["cat", other, "dog"] })
        {
            var error = Assert.Throws<ClipException>(() => ClassifyWords.Read(words, [], [_picture]));
            Assert.Contains("among the labels is a", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void OneWordLeavesNothingToChooseAmong()
    {
        var error = Assert.Throws<ClipException>(() => ClassifyWords.Read(["cat"], [], [_picture]));
        Assert.Equal(
            "There is no file 'cat', and one word leaves nothing to choose among; --labels takes several words, "
            + "or a text file with one entry per line.",
            error.Message);
    }

    /// <summary>Before a model is opened, or even downloaded.</summary>
    [Fact]
    public void LabelsAndTemplatesAreCheckedAtOnce()
    {
        Assert.Contains("'cat' comes twice", Refused(["cat", "cat"], []), StringComparison.Ordinal);
        Assert.Contains("no place for the label", Refused(["cat", "dog"], [_labels]), StringComparison.Ordinal);

        string Refused(string[] labels, string[] templates) =>
            Assert.ThrowsAny<Exception>(() => ClassifyWords.Read(labels, templates, [_picture])).Message;
    }

    [Fact]
    public void LabelsOfAServerNeedNoPictures()
    {
        var (labels, usual) = ClassifyWords.ReadLabels(["cat", "dog"], []);
        Assert.Equal(["cat", "dog"], labels);
        Assert.Null(usual);
        Assert.Equal(["a {}", "the {c}"], ClassifyWords.ReadLabels([_labels], [_templates]).Templates!);
        var (none, templates) = ClassifyWords.ReadLabels([], ["a {}"]);
        Assert.Empty(none);
        Assert.Equal(["a {}"], templates!);
    }

    [Fact]
    public void AServersLabelsAreCheckedAtOnce()
    {
        Assert.Contains("'cat' comes twice", Refused(["cat", "cat"], []), StringComparison.Ordinal);
        Assert.StartsWith($"'{_picture}' is no label and no template", Refused([_labels, _picture], []), StringComparison.Ordinal);
        Assert.StartsWith($"'{_picture}' is no label and no template", Refused([], ["a {}", _picture]), StringComparison.Ordinal);

        static string Refused(string[] labels, string[] templates) =>
            Assert.ThrowsAny<Exception>(() => ClassifyWords.ReadLabels(labels, templates)).Message;
    }
}
