using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Where a set's files are looked for, which of several counts, and what is told of the rest.</summary>
public sealed class DataSetFolderTests : IDisposable
{
    private static readonly DataSet Set = DataSetCatalog.Find("food101")! with { Folders = ["unpacked", "absent", "again"] };

    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    /// <summary>A better name anywhere counts before a worse one; of one name the folder that is given, then its archive's.</summary>
    [Fact]
    public void TheFirstNameCountsBeforeTheFirstPlace()
    {
        _on.Write("b.txt", "worse");
        _on.Write("again/a.txt", "better, far away");
        var folder = Folder(created: "unpacked");

        Assert.Equal([_on.Path, _on["unpacked"], _on["again"]], folder.Roots);
        Assert.Equal(_on["again/a.txt"], folder.File("a.txt", "b.txt"));
        _on.Write("unpacked/a.txt", "better, nearer");
        Assert.Equal(_on["unpacked/a.txt"], folder.File("a.txt", "b.txt"));
        _on.Write("a.txt", "best");
        Assert.Equal(_on["a.txt"], folder.File("a.txt", "b.txt"));
        Assert.Null(folder.FindFile("unpacked"));
        Assert.Equal(_on["unpacked"], folder.FindFolder("none", "a.txt", "unpacked"));
    }

    [Theory]
    [InlineData("imagenet", "lacks the folder val;")]
    [InlineData("imagenetv2", "lacks the folder 0;")]
    [InlineData("imagenet-a", "lacks the folder n01498041;")]
    [InlineData("cars", "lacks the file devkit/cars_meta.mat or cars_annos.mat;")]
    [InlineData("eurosat", "lacks the folder 2750/")]
    [InlineData("mnist", "lacks the file t10k-images-idx3-ubyte")]
    public void WhereThereIsNothingOfASetItIsSaidWhatItTakes(string set, string sentence)
    {
        _on.Write("readme.txt", "elsewhere");

        Assert.Contains(sentence, _on.Error(set), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsAbsentIsNamedByAllItsNames()
    {
        var error = Assert.Throws<ClipException>(() => Folder().File("one", "", "two"));

        Assert.StartsWith($"Food-101 in '{_on.Path}' lacks the file one or two; it takes images/", error.Message);
    }

    [Fact]
    public void LinesAreTrimmedAndBlankOnesAreNone()
    {
        _on.Write("a.txt", "  one ", "", "   ", "two words");

        Assert.Equal(["one", "two words"], DataSetFolder.Lines(_on["a.txt"]));
    }

    /// <summary>By class and name, whatever lies deeper; what is hidden or of a system is nothing at all.</summary>
    [Fact]
    public void PicturesOfClassFoldersComeInOrder()
    {
        _on.Paint("all/b/2.png", "all/b/10.png", "all/a/deeper/3.png", "all/a/1.png", "all/.hidden/4.png", "all/a/.5.png", "all/6.png");
        _on.Write("all/a/Thumbs.db", "left behind");
        _on.Write("all/b/notes.txt", "one");
        _on.Write("all/a/z.txt", "another");
        Directory.CreateDirectory(_on["all/empty"]);
        var folder = Folder();

        var found = folder.InClasses(_on["all"]);

        Assert.Equal(
            [("a", "all/a/1.png"), ("a", "all/a/deeper/3.png"), ("b", "all/b/10.png"), ("b", "all/b/2.png")],
            found.Select(p => (p.Class, Path.GetRelativePath(_on.Path, p.File).Replace('\\', '/'))));
        Assert.Equal(
            [
                $"its class folder {_on["all/empty"]} has no pictures",
                $"{_on["all/a/z.txt"]} (and 1 more) lies among its pictures and is none of them",
            ],
            folder.Notices);
    }

    [Fact]
    public void CountsAsPublishedAreNotTold()
    {
        _on.Paint("images/a/1.jpg", "images/b/2.jpg");
        _on.Write("meta/classes.txt", "a", "b");
        _on.Write("meta/test.txt", "a/1", "b/2");
        var counts = new Dictionary<string, int> { ["test"] = 2, ["train"] = 9 };
        var set = DataSetCatalog.Find("food101")! with { Classes = 2, Counts = counts };

        var loaded = set.Load(_on.Path);

        Assert.Empty(loaded.Notices);
        Assert.Equal(("test", 2), (loaded.Split, loaded.Count));
        Assert.Same(set, loaded.Set);
    }

    private DataSetFolder Folder(string? created = null)
    {
        if (created is not null) Directory.CreateDirectory(_on[created]);
        return new DataSetFolder(Set, _on.Path);
    }
}
