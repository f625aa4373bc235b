using System.Text.Json;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>The record of a run that went on, of one without a command, and what is no record.</summary>
public sealed class RunRecordGoOnTests : IDisposable
{
    private static readonly RunRecord Record = new(
        "1.0", new Dictionary<string, string[]> { ["--train-data"] = ["/home/joe/pairs.tsv"], ["--lr"] = ["1e-3"] }, "/home/joe", "data",
        new Dictionary<string, string> { ["LearningRate"] = "0.001", ["Hue"] = "none", ["the training data"] = "data" },
        JsonDocument.Parse("{}").RootElement.Clone());

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunThatGoesOnUnchangedKeepsItsRecordAndChangesAddUp()
    {
        Record.Save(_folder.Path);
        var later = Record with { Version = "2.0" };
        Assert.Equal("1.0", later.GoOn(_folder.Path, []).Version);
        Assert.Equal("1.0", RunRecord.Load(_folder.Path).Version);

        later.GoOn(_folder.Path, ["first"]);
        var kept = (Record with { Version = "3.0" }).GoOn(_folder.Path, ["second", "third"]);

        Assert.Equal(["first", "second", "third"], kept.Changes);
        var read = RunRecord.Load(_folder.Path);
        Assert.Equal(("3.0", "first second third"), (read.Version, string.Join(' ', read.Changes)));
    }

    [Fact]
    public void ARunWithoutARecordGetsOneWhenItGoesOn()
    {
        Record.GoOn(_folder.Path, []);

        Assert.Equal("1.0", RunRecord.Load(_folder.Path).Version);
    }

    [Fact]
    public void APageHasTheCommandOrElseWhatIsGiven()
    {
        Assert.Equal("--train-data pairs.tsv --lr 1e-3", Record.OptionsText());
        Assert.Equal("`LearningRate` 0.001, the training data data", (Record with { Arguments = null }).OptionsText());
        Assert.Null((Record with { Arguments = null }).CommandLine());
    }

    [Theory]
    [InlineData(null, "There is no run.json in ")]
    [InlineData("null", "run.json is empty")]
    [InlineData("[1", "run.json is not the record of a run: ")]
    public void WhatIsNoRecordIsRefused(string? text, string message)
    {
        if (text is not null) _folder.Write("run.json", text);

        Refused.With(message, () => RunRecord.Load(_folder.Path));
    }

    [Fact]
    public void AModelIsNamedOrBesideTheWeights()
    {
        var tuned = new TrainingOptions { FineTuning = new() { Pretrained = _folder["weights"] } };
        Directory.CreateDirectory(_folder["weights"]);
        Refused.With("`Model` is missing", () => RunModel.Of(new TrainingOptions(), config: null, tokenizer: null));
        Assert.Equal(new RunModel("c") { Tokenizer = "t" }, RunModel.Of(new TrainingOptions(), "c", "t"));
        Refused.With("There is no tokenizer beside ", () => RunModel.Of(tuned, "c", tokenizer: null));
        Refused.With("There is no config.json beside ", () => RunModel.Of(tuned, config: null, "t"));
        Assert.Equal(new RunModel("c") { Tokenizer = "t" }, RunModel.Of(tuned, "c", "t"));
        // These learn words anew.
        Assert.All(
            [ObjectiveKind.VirTex, ObjectiveKind.Bow],
            kind => Assert.Equal(new RunModel("c"), RunModel.Of(tuned with { Objective = kind }, "c", tokenizer: null)));

        // A checkpoint lies in its run's folder, beside the vocabulary that the run has learned.
        Directory.CreateDirectory(_folder["m.run/tokenizer"]);
        var checkpoint = _folder.Write("m.run/checkpoints/step_1.safetensors", "");
        var going = tuned with { FineTuning = new() { Pretrained = checkpoint } };
        Assert.Equal(_folder["m.run/tokenizer"], RunModel.Of(going, "c", tokenizer: null).Tokenizer);
    }
}
