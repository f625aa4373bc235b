using System.Text.Json;

namespace Clip.EndToEnd.Tests;

/// <summary>What a run leaves of itself, and what can be done with it.</summary>
[Collection(SharedModel.Name)]
public sealed class RecordTests(TrainedModel trained) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunHasItsRecordsBesideTheModel()
    {
        var run = trained.Folder + ".run";
        string[] expected =
        [
            "checkpoints", "metrics.jsonl", "preprocessor_config.json", "run.json", "tensorboard", "tokenizer", "training.html",
        ];
        Assert.Equal(expected, Directory.EnumerateFileSystemEntries(run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(run, "checkpoints", "best.json")));
        Assert.Contains("<table class=\"matrix\">", File.ReadAllText(Path.Combine(run, "training.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReproducedRunEndsWithTheSameBytes()
    {
        var again = (await ClipProcess.RunAsync("train", "--reproduce", trained.Folder + ".run", "--output", _folder["again"])).Succeeded();

        Assert.Equal(trained.Training.OutputLines[0], again.OutputLines[0]);
        SameModel.Assert(trained.Folder, _folder["again"]);
    }

    [Fact]
    public async Task ADryRunTellsWhatARunWouldTakeAndWritesNothing()
    {
        var lines = (await ClipProcess.RunAsync(trained.TrainCommand(_folder["model"], "--dry-run"))).Succeeded().OutputLines;

        Assert.Equal(
            ["training data", "parameters", "vocabulary", "steps", "options", "version", "memory", "a step", "time"],
            lines.Select(l => l[..14].Trim()));
        Assert.StartsWith("160 of 24 pairs", lines[3][15..], StringComparison.Ordinal);
        Assert.Matches(
            "^[0-9,]+ MB for weights, gradients and optimizer; [0-9,]+ MB for all of this process at its peak, of [0-9,]+ MB$",
            lines[6][15..]);
        Assert.Matches("^[0-9]{2}:[0-9]{2}:[0-9]{2} without validations$", lines[8][15..]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task LookingForALearningRateWritesNothing()
    {
        var lines = (await ClipProcess.RunAsync([.. trained.TrainCommand("")[..^2], "--lr-find"])).Succeeded().OutputLines;

        Assert.All(lines[..^1], line => Assert.Matches("^lr [0-9]\\.[0-9]{2}E[+-][0-9]{2}  loss [0-9.]+$", line));
        Assert.Matches("^Try --lr [0-9.E-]+: a tenth of where the loss was lowest.$", lines[^1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        var both = await ClipProcess.RunAsync(trained.TrainCommand(_folder["model"], "--lr-find", "--dry-run"));
        Assert.Equal(
            (1, "clip: --dry-run and --lr-find measure different things; give one of them."),
            (both.ExitCode, Assert.Single(both.ErrorLines)));
    }

    [Fact]
    public async Task ARunIsNotReproducedWithOtherData()
    {
        var run = Path.Combine(_folder.Path, "earlier.run");
        Directory.CreateDirectory(run);
        var record = File.ReadAllText(Path.Combine(trained.Folder + ".run", "run.json"));
        var data = JsonDocument.Parse(record).RootElement.GetProperty("Data").GetString()!;
        File.WriteAllText(Path.Combine(run, "run.json"), record.Replace(data, "7 pairs 012345", StringComparison.Ordinal));

        var outcome = await ClipProcess.RunAsync("train", "--reproduce", run, "--output", _folder["again"]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(
            $"the training data were '7 pairs 012345' and are '{data}' now; restore them.",
            Assert.Single(outcome.ErrorLines),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["again"]));
    }

    [Fact]
    public async Task WhatValidationMeasuredIsWhatTheModelFolderReaches()
    {
        string[] sets = [$"shapes={trained.TestTable}", "--csv-label-key", "class"];
        (await ClipProcess.RunAsync(trained.TrainCommand(
            _folder["model"],
            [
                "--zeroshot-data", .. sets, "--val-data", trained.TestTable, "--zeroshot-frequency", "1000", "--val-frequency", "1000",
            ]))).Succeeded();
        var evaluated = (await ClipProcess.RunAsync(
            [
                "evaluate", "--model", _folder["model"], "--json", "--retrieval-data", trained.TestTable,
                "--linear-probe", trained.TrainTable, "--data", .. sets,
            ])).Succeeded();

        var validation = JsonDocument.Parse(File.ReadLines(_folder["model.run/metrics.jsonl"]).Last()).RootElement;
        var results = JsonDocument.Parse(evaluated.Output).RootElement.GetProperty("results");
        var (zeroShot, probe, retrieval) = (results[0], results[1], results[2]);
        Assert.Equal(Number(validation, "shapes-zeroshot-val-top1"), Metric(zeroShot, "acc1"), 6);
        Assert.Equal(Number(validation, "shapes-zeroshot-val-top5"), Metric(zeroShot, "acc5"), 6);
        Assert.Equal(Number(validation, "image_to_text_R@1"), Metric(retrieval, "text_retrieval_recall@1"), 6);
        Assert.Equal(Number(validation, "text_to_image_R@10"), Metric(retrieval, "image_retrieval_recall@10"), 6);
        Assert.InRange(Metric(probe, "lp_acc1"), 0.5, 1);
        Assert.Equal(
            ["zeroshot_classification", "linear_probe", "zeroshot_retrieval"],
            results.EnumerateArray().Select(r => r.GetProperty("task").GetString()));
    }

    private static double Metric(JsonElement result, string name) => Number(result.GetProperty("metrics"), name);

    private static double Number(JsonElement values, string name) => values.GetProperty(name).GetDouble();
}
