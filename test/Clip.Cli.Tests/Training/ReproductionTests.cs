using System.CommandLine;
using System.Text.Json;
using Clip.Cli.Training;
using Clip.Trainer.Training;

namespace Clip.Cli.Tests.Training;

/// <summary>The command line of a run, from its record.</summary>
public sealed class ReproductionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARecordedRunIsRepeatedByItsOwnOptions()
    {
        Save(Record);
        string[] expected =
        [
            "train", "--train-data", "pairs.tsv", "--caption-key", "a", "b", "--lock-image", "--output", _folder["again"], "--reproduce",
            _folder["run"],
        ];

        Assert.Equal(expected, Reproduction.Expand(["train", "--reproduce", _folder["run"], "--output", _folder["again"]]));
        Assert.Equal(expected, Reproduction.Expand(["train", $"--output={_folder["again"]}", $"--reproduce={_folder["run"]}"]));
    }

    /// <summary>It may be told from another folder than the run was started in, where relative paths mean something else.</summary>
    [Fact]
    public void PathsAreWholeBeforeTheFolderIsChanged()
    {
        Save(Record);
        var run = Path.GetRelativePath(Environment.CurrentDirectory, _folder["run"]);

        var expanded = Reproduction.Expand(["train", "--reproduce", run, "--output", "again"]);

        Assert.Equal([Path.GetFullPath("again"), "--reproduce", _folder["run"]], expanded[^3..]);
    }

    [Theory]
    [InlineData("train --train-data x --output y")]
    [InlineData("classify --reproduce x --output y")]
    [InlineData("train --reproducer x")]
    [InlineData("")]
    public void OtherCommandsStayAsTheyAre(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Same(words, Reproduction.Expand(words));
    }

    [Theory]
    [InlineData("train --reproduce RUN")]
    [InlineData("train --output OUT --reproduce")]
    [InlineData("train --reproduce RUN --output OUT --seed 3")]
    public void NothingElseMayBeGiven(string line)
    {
        Save(Record);
        var words = line.Replace("RUN", _folder["run"], StringComparison.Ordinal).Split(' ');

        var error = Assert.Throws<ClipException>(() => Reproduction.Expand(words));

        Assert.StartsWith(
            "--reproduce takes the folder of a run, and --output beside it, and nothing else", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeRepeatedIsTold()
    {
        Assert.Contains("There is no run.json", Refused(null), StringComparison.Ordinal);
        Assert.Contains("was not started by 'clip train'", Refused(Record with { Arguments = null }), StringComparison.Ordinal);
        Assert.Contains("changed on its way (--lr)", Refused(Record with { Changes = ["--lr", "--wd"] }), StringComparison.Ordinal);
        var gone = _folder["gone"];
        Assert.Contains($"started in {gone}, which is no more", Refused(Record with { WorkingFolder = gone }), StringComparison.Ordinal);

        string Refused(RunRecord? record)
        {
            if (record is not null) Save(record);
            return Assert.Throws<ClipException>(
                () => Reproduction.Expand(["train", "--reproduce", _folder["run"], "--output", "x"])).Message;
        }
    }

    /// <summary>What was given, as it was given, and nothing of defaults, of where to, or of how often.</summary>
    [Fact]
    public void ARecordHasWhatTheUserGave()
    {
        var parsed = CommandLine.Root().Parse(
        [
            "train", "--train-data", "pairs.tsv", "--output", "x", "--resume", "latest", "--reproduce", "r", "--lr", "1e-3", "--tf32",
            "--caption-key", "a", "b",
        ]);

        var arguments = Reproduction.Arguments(parsed);

        Assert.Equal(["--caption-key", "--lr", "--tf32", "--train-data"], arguments.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["1e-3"], arguments["--lr"]);
        Assert.Equal(["a", "b"], arguments["--caption-key"]);
        Assert.Empty(arguments["--tf32"]);
    }

    [Theory]
    [InlineData("", "Train")]
    [InlineData("--dry-run", "Measure")]
    [InlineData("--lr-find", "FindLearningRate")]
    public void ALookAtATrainingIsNone(string option, string verb)
    {
        var options = new RunOptions();
        var command = new RootCommand();
        foreach (var one in options.All) command.Options.Add(one);

        Assert.Equal(verb, $"{options.Verb(command.Parse(option))}");
        var both = Assert.Throws<ClipException>(() => options.Verb(command.Parse("--dry-run --lr-find")));
        Assert.Contains("give one of them", both.Message, StringComparison.Ordinal);
        Assert.Throws<ClipException>(() => options.Output(command.Parse(option)));
    }

    private static RunRecord Record => new(
        "1.0", new Dictionary<string, string[]> { ["--train-data"] = ["pairs.tsv"], ["--caption-key"] = ["a", "b"], ["--lock-image"] = [] },
        Environment.CurrentDirectory, "data", new Dictionary<string, string>(), JsonDocument.Parse("{}").RootElement);

    private void Save(RunRecord record)
    {
        Directory.CreateDirectory(_folder["run"]);
        record.Save(_folder["run"]);
    }
}
