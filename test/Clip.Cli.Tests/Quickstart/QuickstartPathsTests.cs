using Clip.Cli.Quickstart;
using Clip.Trainer.Training;

namespace Clip.Cli.Tests.Quickstart;

/// <summary>What a quickstart removes, and what not.</summary>
public sealed class QuickstartPathsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private QuickstartPaths Paths => new(_folder["quick"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatAnEarlierOneMadeIsRemovedAndNothingElse()
    {
        Paths.RemoveEarlier();
        foreach (var made in new[] { "data/train.tsv", "model/config.json", "model.run/run.json", "model.zip" })
            _folder.Write($"quick/{made}", "");
        foreach (var other in new[] { "notes.txt", "models/config.json", "data.txt" }) _folder.Write($"quick/{other}", "");

        Paths.RemoveEarlier();

        Assert.Equal(
            ["quick", "quick/.clip-quickstart", "quick/data.txt", "quick/models", "quick/models/config.json", "quick/notes.txt"],
            _folder.Everything());
    }

    [Fact]
    public void AFolderOfTheUsersIsNotTouched()
    {
        _folder.Write("quick/data/mine.txt", "");

        var error = Assert.Throws<ClipException>(() => Paths.RemoveEarlier());

        Assert.StartsWith($"{_folder["quick"]} holds something that no quickstart made", error.Message, StringComparison.Ordinal);
        Assert.Equal(["quick", "quick/data", "quick/data/mine.txt"], _folder.Everything());
    }

    [Fact]
    public void AnEmptyFolderIsTakenAndAFileIsNot()
    {
        Directory.CreateDirectory(_folder["quick"]);
        Paths.RemoveEarlier();
        var file = _folder.Write("file", "");

        Assert.Equal($"{file} is a file; give the name of a folder with --output.",
            Assert.Throws<ClipException>(() => new QuickstartPaths(file).RemoveEarlier()).Message);
        Assert.Equal(["file", "quick", "quick/.clip-quickstart"], _folder.Everything());
    }

    /// <summary>Another one may be training there.</summary>
    [Fact]
    public void OneThatLivesIsLeftAlone()
    {
        Paths.RemoveEarlier();
        _folder.Write("quick/data/train.tsv", "");
        using var held = RunLock.Take(Paths.Model + ".run");

        Assert.Throws<ClipException>(() => Paths.RemoveEarlier());

        Assert.True(File.Exists(_folder["quick/data/train.tsv"]));
    }
}
