using Clip.Cli.Options;

namespace Clip.Cli.Tests.Commands;

/// <summary>Pictures as people name them: files, folders, and patterns that no shell has expanded.</summary>
public sealed class PicturePathsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PicturePathsTests()
    {
        foreach (var name in new[]
        {
            "a.jpg", "b.PNG", "c.jpg", "notes.txt", ".hidden.jpg", "in/d.jpg", "in/deep/e.jpg", "in/deep/bytes", ".thumbs/f.jpg",
            "in/@eaDir/g.jpg",
        })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], name == "notes.txt" ? "words"u8.ToArray() : [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "a.jpg b.PNG c.jpg in/d.jpg in/deep/bytes in/deep/e.jpg")] // what is a picture by its bytes is one
    [InlineData("in/", "in/d.jpg in/deep/bytes in/deep/e.jpg")]
    [InlineData("*", "a.jpg b.PNG c.jpg")]
    [InlineData("*.jpg", "a.jpg c.jpg")]
    [InlineData("?.jpg", "a.jpg c.jpg")]
    [InlineData("*/*.jpg", "in/d.jpg")]
    [InlineData("i*/deep/*", "in/deep/bytes in/deep/e.jpg")]
    [InlineData("**/*.jpg", "a.jpg c.jpg in/d.jpg in/deep/e.jpg")]
    [InlineData("in/**", "in/d.jpg in/deep/bytes in/deep/e.jpg")]
    [InlineData("**/deep/**/*.jpg", "in/deep/e.jpg")]
    [InlineData("notes.txt", "notes.txt")] // a file is taken as it is, and who reads it tells
    public void AFolderAndAPatternStandForTheirPictures(string given, string expected) => Assert.Equal(
        expected.Split(' '),
        PicturePaths.Expand([Path.Combine(_folder.Path, given)])
            .Select(file => Path.GetRelativePath(_folder.Path, file).Replace('\\', '/')));

    [Theory]
    [InlineData("absent.jpg", "absent.jpg' does not exist")]
    [InlineData("absent/*.jpg", "absent/*.jpg'; mind that")]
    [InlineData("*.txt", "No picture matches")]
    [InlineData("in/@eaDir/absent", "does not exist")]
    public void WhatIsNotThereIsTold(string given, string told)
    {
        var error = Assert.Throws<ClipException>(() => PicturePaths.Expand([Path.Combine(_folder.Path, given)]));
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APatternEndsWhereLinksGoInCircles()
    {
        if (OperatingSystem.IsWindows()) return; // links need rights there
        Directory.CreateSymbolicLink(_folder["in/deep/again"], _folder["in"]);
        Assert.Equal(4, PicturePaths.Expand([Path.Combine(_folder.Path, "**/*.jpg")]).Length);
    }
}
