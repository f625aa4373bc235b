using System.Text;
using Clip.Data.Tests.Sources;

namespace Clip.Evaluation.Tests;

/// <summary>Labeled pictures in shards, laid out as CLIP_benchmark's.</summary>
public sealed class LabeledShardsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ShardsAreFoundInTheirFolderAndInTest()
    {
        Set("set/test/0.tar", "0");
        Directory.CreateDirectory(_folder["photos/cat"]);
        File.WriteAllText(_folder["photos/cat/x.tar"], "not here");

        Assert.Equal(_folder["set/test"], LabeledShards.Find(_folder["set/test"]));
        Assert.Equal(_folder["set/test"], LabeledShards.Find(_folder["set"]));
        Assert.Equal("some/{0..9}.TAR", LabeledShards.Find("some/{0..9}.TAR"));
        Assert.Null(LabeledShards.Find(_folder["photos"]));
        Assert.Null(LabeledShards.Find("some/table.tsv"));
        Directory.CreateDirectory(_folder["empty/test"]);
        Assert.Null(LabeledShards.Find(_folder["empty"]));
    }

    [Fact]
    public void ANumberIsALineOfTheNamesBesideOrAFolderHigher()
    {
        Set("set/test/0.tar", "1", "0", " 2 ");
        _folder.Write("set/classnames.txt", "cat\n dog \n\ncow\n");
        _folder.Write("set/zeroshot_classification_templates.txt", "a {c}.\n\n the {c}! \n");

        var set = Read("set/test");

        Assert.Equal(["dog", "cat", "cow"], set.Images.Select(image => image.Class));
        Assert.Equal(["cat", "dog", "cow"], set.Labels);
        Assert.Equal(["a {c}.", "the {c}!"], set.Templates);
        Assert.Equal(("set", 3), (set.Name, set.Images.Count));
        Assert.Equal(Encoding.UTF8.GetBytes("picture 2"), set.Images[2].Read());
        Assert.StartsWith(_folder["set/test/0.tar"], set.Images[2].ImagePath, StringComparison.Ordinal);
    }

    [Fact]
    public void LabelsAndTemplatesThatAreGivenCount()
    {
        Set("set/0.tar", "1", "0");
        _folder.Write("set/classnames.txt", "cat\ndog\n");
        _folder.Write("set/zeroshot_classification_templates.txt", "a {c}.\n");

        var set = LabeledShards.Read("set", _folder["set"], ["Katze", "Hund"], ["ein {}"], Fail);

        Assert.Equal(["Hund", "Katze"], set.Images.Select(image => image.Class));
        Assert.Equal(["Katze", "Hund"], set.Labels);
        Assert.Equal(["ein {}"], set.Templates);
        Assert.Contains(
            "set has 2 classes in its classnames.txt, and 3 labels are given",
            Assert.Throws<ClipException>(() => LabeledShards.Read("set", _folder["set"], ["a", "b", "c"], null, Fail)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void LabelsAloneNameTheNumbers()
    {
        Set("set/0.tar", "1", "0");

        var set = LabeledShards.Read("set", _folder["set"], ["Katze", "Hund"], null, Fail);

        Assert.Equal(["Hund", "Katze"], set.Images.Select(image => image.Class));
    }

    [Fact]
    public void ClassesByNameAreTheirOwnLabelsInOrder()
    {
        Set("set/0.tar", "dog", "cat", "dog");

        var set = Read("set");

        Assert.Equal(["dog", "cat", "dog"], set.Images.Select(image => image.Class));
        Assert.Equal(["cat", "dog"], set.Labels);
        Assert.Null(set.Templates);
    }

    /// <summary>The same picture by two names is measured twice, as it is in CLIP_benchmark.</summary>
    [Fact]
    public void TheSamePictureTwiceIsTwo()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png=same", "0.cls=cat", "1.png=same", "1.cls=dog");

        Assert.Equal(["cat", "dog"], Read("set").Images.Select(image => image.Class));
    }

    /// <summary>One has no class, one a class that no one knows, and of one the picture is missing.</summary>
    [Fact]
    public void WhatCannotBeUsedIsToldAndTheRestIsRead()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png", "0.cls=1", "1.png", "2.png", "2.cls=7", "3.cls=0", "4.png", "4.cls=0");
        _folder.Write("set/classnames.txt", "cat\ndog\n");
        var told = new List<string>();

        var set = LabeledShards.Read("set", _folder["set"], null, null, (key, reason) => told.Add($"{Path.GetFileName(key)} {reason}"));

        Assert.Equal(["dog", "cat"], set.Images.Select(image => image.Class));
        Assert.Equal(3, told.Count);
        Assert.Contains(told, line => line.Contains("its class is 7, and ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("its class is 7", "0.png", "0.cls=7")]
    [InlineData("no pictures with a class", "0.png")]
    [InlineData("no pictures with a class", "0.cls=1")]
    public void ASetWithoutASinglePictureSaysWhy(string told, params string[] members)
    {
        Shards.Tar(_folder, "set/0.tar", members);
        _folder.Write("set/classnames.txt", "cat\ndog\n");

        var error = Assert.Throws<ClipException>(() => LabeledShards.Read("set", _folder["set"], null, null, (_, _) => { }));

        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(": ;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AClassBesideOthersIsNone()
    {
        Shards.Tar(_folder, "set/0.tar", "0.png", "0.cls=cat", "0.txt=a cat in words", "0.json={}", "1.png", "1.cls=dog");

        Assert.Equal(["cat", "dog"], Read("set").Images.Select(image => image.Class));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("2", false)]
    [InlineData("two", true)]
    public void MissingShardsAreAnError(string told, bool isRead)
    {
        Set("set/0.tar", "cat", "dog");
        _folder.Write("set/nshards.txt", told);

        if (isRead)
        {
            Assert.Equal(2, Read("set").Images.Count);
        }
        else
        {
            var error = Assert.Throws<ClipException>(() => Read("set"));
            Assert.Contains("tells of 2 shards, and there are 1", error.Message, StringComparison.Ordinal);
        }

        // A pattern means what it says.
        Assert.Equal(2, Read("set/0.tar").Images.Count);
    }

    private static void Fail(string key, string reason) => Assert.Fail($"{key}: {reason}");

    private LabeledSet Read(string path) => LabeledShards.Read(path.Split('/')[0], _folder[path], null, null, Fail);

    private void Set(string name, params string[] classes) => Shards.Tar(
        _folder, name, [.. classes.SelectMany((label, i) => new[] { $"{i}.png=picture {i}", $"{i}.cls={label}" })]);
}
