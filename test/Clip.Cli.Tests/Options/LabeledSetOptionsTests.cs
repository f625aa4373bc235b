using System.CommandLine;
using Clip.Cli.Options;
using Clip.Data;
using Clip.Data.Tests.Sources;
using Clip.Evaluation;

namespace Clip.Cli.Tests.Options;

/// <summary>Sets of labeled pictures as commands are given them.</summary>
public sealed class LabeledSetOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly LabeledSetOptions _options = new("--data", "--labels", "--templates");

    public LabeledSetOptionsTests()
    {
        foreach (var name in new[] { "photos/tabby_cat/1.png", "photos/dog/2.png", "photos/dog/3.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], Pictures.Png(4, 4).ToArray());
        }

        _folder.Write("table.tsv", "filepath\ttitle\tkind\na.png\ta cat\tcat\nb.png\ta dog\tdog\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderHasItsClassesAndATableItsColumn()
    {
        var sets = Read("--data", _folder["photos"], $"mine={_folder["table.tsv"]}", "--csv-label-key", "kind");

        Assert.Equal(["photos", "mine"], sets.Select(set => set.Name));
        Assert.Equal(["dog", "tabby cat"], sets[0].Labels);
        Assert.Equal(["cat", "dog"], sets[1].Labels);
        Assert.All(sets, set => Assert.Null(set.Templates ?? set.Known?.Split()));
    }

    /// <summary>Written as folders are, or as they are read.</summary>
    [Fact]
    public void LabelsKeepTheOrderOfTheirFile()
    {
        _folder.Write("labels.txt", "tabby_cat\ndog\nemu\n");

        var set = Assert.Single(Read("--data", _folder["photos"], "--labels", _folder["labels.txt"]));

        Assert.Equal(["tabby cat", "dog", "emu"], set.Labels);
    }

    [Fact]
    public void LabelsAndPromptsOfASetGoBeforeThoseOfAll()
    {
        _folder.Write("own.txt", "tabby cat\ndog\nown\n");
        _folder.Write("all.txt", "cat\ndog\nall\n");
        _folder.Write("prompts.txt", "one {}\ntwo {c}\n");

        var sets = Read(
            "--data", _folder["photos"], $"mine={_folder["table.tsv"]}", "--csv-label-key", "kind",
            "--labels", _folder["all.txt"], $"photos={_folder["own.txt"]}", "--templates", $"mine={_folder["prompts.txt"]}");

        Assert.Equal(["own", "all"], sets.Select(set => set.Labels[2]));
        Assert.Null(sets[0].Templates);
        Assert.Equal(["one {}", "two {c}"], sets[1].Templates);
    }

    [Fact]
    public void EachClassMayHavePromptsOfItsOwn()
    {
        _folder.Write("cupl.json", """{"photos": {"tabby cat": ["a striped cat"], "dog": ["a dog", "it barks"]}}""");

        var set = Assert.Single(Read("--data", _folder["photos"], "--templates", _folder["cupl.json"]));

        Assert.Equal(["a dog", "it barks"], set.Prompts!["dog"]);
        Assert.Equal(["a striped cat"], set.Prompts!["tabby cat"]);
    }

    [Fact]
    public void AKnownNameOfOnesOwnTableIsTold()
    {
        var set = Assert.Single(Read("--data", $"food101={_folder["table.tsv"]}", "--csv-label-key", "kind"));

        Assert.Equal(("food101", "food101"), (set.Name, set.Known));
    }

    [Fact]
    public void TwoSetsOfOneNameAreRefused()
    {
        var error = Assert.Throws<ClipException>(() => Read("--data", _folder["photos"], $"photos={_folder["table.tsv"]}"));
        Assert.Equal($"--data: two sets are called photos; give names, as NAME={_folder["table.tsv"]}.", error.Message);
    }

    [Theory]
    [InlineData("--layout")]
    [InlineData("--split")]
    public void WhatIsGivenForNoSetIsRefused(string option)
    {
        var error = Assert.Throws<ClipException>(() => Read("--data", _folder["photos"], option, "pets=plain"));
        Assert.Equal($"{option} is given for pets, and no set is called so; the sets are photos.", error.Message);
    }

    /// <summary>Captions have no classes to choose among.</summary>
    [Fact]
    public void CaptionsAreRefusedWhereClassesAreNeeded()
    {
        var png = Pictures.Png(4, 4).ToArray();
        Shards.TarOf(_folder, "captions/0.tar", ("0.png", png), ("0.txt", "a cat"u8.ToArray()));
        _folder.Write("captions/dataset_type.txt", "retrieval");

        var error = Record.Exception(() => Read("--data", _folder["captions"]));

        Assert.Equal("--data: captions has captions and no classes; give labeled pictures.", Assert.IsType<ClipException>(error).Message);
    }

    [Fact]
    public void AProbeIsTrainedOnWhatItIsGiven()
    {
        var parsed = Parse("--data", _folder["photos"], "--csv-label-key", "kind");

        var images = _options.ReadImages(parsed, new CaptionTableOptions(), "photos", _folder["table.tsv"]);

        Assert.Equal(["cat", "dog"], images.Select(image => image.Class));
        Assert.Equal(["kind"], _options.Table(parsed, new CaptionTableOptions { Separator = ';' }).CaptionKeys);
        Assert.Equal(';', _options.Table(parsed, new CaptionTableOptions { Separator = ';' }).Separator);
    }

    private IReadOnlyList<LabeledSet> Read(params string[] arguments) => _options.Read(Parse(arguments), new CaptionTableOptions());

    private ParseResult Parse(params string[] arguments)
    {
        var command = new RootCommand();
        foreach (var option in _options.All) command.Options.Add(option);
        return command.Parse(arguments);
    }
}
