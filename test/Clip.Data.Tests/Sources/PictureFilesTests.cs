using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>What is a picture, and which pictures a pattern stands for.</summary>
public sealed class PictureFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.JPEG")]
    [InlineData("a.jpe")]
    [InlineData("a.jfif")]
    [InlineData("a.png")]
    [InlineData("a.webp")]
    [InlineData("a.gif")]
    [InlineData("a.bmp")]
    public void AKnownEndingMeansAPicture(string name) => Assert.True(PictureFiles.IsPicture(_folder.Write(name, "")));

    [Fact]
    public void WithAnotherEndingItsFirstBytesTell()
    {
        Assert.True(PictureFiles.IsPicture(_folder.Write("a.dat", "GIF89a and more")));
        Assert.False(PictureFiles.IsPicture(_folder.Write("b.dat", "nothing of the kind")));
        Assert.False(PictureFiles.IsPicture(_folder.Write("c.dat", "")));
        Assert.False(PictureFiles.IsPicture(_folder["absent.dat"]));
    }

    [Theory]
    [InlineData("__MACOSX")]
    [InlineData("Icon\r")]
    [InlineData("thumbs.DB")]
    [InlineData("ehthumbs.db")]
    [InlineData("ehthumbs_vista.db")]
    [InlineData("desktop.ini")]
    [InlineData("$RECYCLE.BIN")]
    [InlineData("System Volume Information")]
    [InlineData("lost+found")]
    [InlineData("@eaDir")]
    [InlineData("@__thumb")]
    [InlineData("@Recycle")]
    [InlineData("#recycle")]
    [InlineData("#snapshot")]
    [InlineData("__pycache__")]
    [InlineData(".hidden")]
    public void WhatSystemsLeaveBehindIsHidden(string name)
    {
        Assert.True(PictureFiles.IsHidden(name));
        Assert.True(PictureFiles.IsHiddenMember($"./photos/{name}/1.jpg"));
    }

    [Theory]
    [InlineData("*.jpg", "1.jpg 10.jpg")]
    [InlineData("?.jpg", "1.jpg")]
    [InlineData("*", "1.jpg 10.jpg 2.png")]
    [InlineData("deep/*/x.jpg", "deep/a/x.jpg deep/b/x.jpg")]
    [InlineData("d??p/a/*.jpg", "deep/a/x.jpg")]
    [InlineData("**/x.jpg", "deep/a/x.jpg deep/b/x.jpg x.jpg")]
    [InlineData("**/*.jpg", "1.jpg 10.jpg deep/a/x.jpg deep/b/x.jpg x.jpg")]
    [InlineData("deep/**", "deep/a/x.jpg deep/b/c/y.png deep/b/x.jpg")]
    [InlineData("absent/*.jpg", "")]
    [InlineData(".hidden/*.jpg", ".hidden/1.jpg")] // named, it is meant
    public void APatternStandsForThePicturesItMatches(string pattern, string expected)
    {
        string[] names =
        [
            "1.jpg", "10.jpg", "2.png", ".3.jpg", "notes.txt", ".hidden/1.jpg", "deep/a/x.jpg", "deep/b/x.jpg", "deep/b/c/y.png",
        ];
        foreach (var name in names) _folder.Write(name, "x");
        if (pattern.StartsWith("**", StringComparison.Ordinal)) _folder.Write("x.jpg", "x");

        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => _folder[name]),
            PicturePattern.Files(_folder[pattern]));
    }

    [Theory]
    [InlineData("a*", true)]
    [InlineData("a?", true)]
    [InlineData("a", false)]
    public void AStarOrAQuestionMarkMakesAPattern(string path, bool isOne) => Assert.Equal(isOne, PicturePattern.IsOne(path));

    [Fact]
    public void AFoldersPicturesAreThoseInItAndDeeper_ByName()
    {
        foreach (var name in (string[])["b.jpg", "a.jpg", "c/d.jpg", "@eaDir/a.jpg", "notes.txt"]) _folder.Write(name, "x");

        Assert.Equal(["a.jpg", "b.jpg", "c/d.jpg"], PictureFiles.In(_folder.Path).Select(f => Path.GetRelativePath(_folder.Path, f)));
    }

    [Fact]
    public void WhereThereAreNoneItIsSaid()
    {
        Refused("has no pictures", () => PictureFiles.In(_folder.Path));
        Refused("has no folders with images", () => PictureFiles.InClasses(_folder.Path));
        Refused("There is no folder", () => PictureFiles.InClasses(_folder["absent"]));

        static void Refused(string message, Action read) =>
            Assert.Contains(message, Assert.Throws<ClipException>(read).Message, StringComparison.Ordinal);
    }
}
