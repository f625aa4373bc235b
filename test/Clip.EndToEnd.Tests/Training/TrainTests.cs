namespace Clip.EndToEnd.Tests;

[Collection(SharedModel.Name)]
public sealed class TrainTests(TrainedModel trained)
{
    [Fact]
    public void TrainingWritesAWholeModelFolderAndNothingElse()
    {
        string[] expected =
        [
            "config.json", "merges.txt", "model.safetensors", "onnx/model.onnx", "onnx/text_model.onnx", "onnx/vision_model.onnx",
            "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json",
        ];
        var written = Directory.EnumerateFiles(trained.Folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(trained.Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal);
        Assert.Equal(expected, written);

        var beside = Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(trained.Folder)!)
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal);
        Assert.Equal(["labels.txt", "model", "model.json", "model.run", "test", "test.tsv", "train", "train.tsv"], beside);
    }

    [Fact]
    public void TrainingPrintsItsProgress()
    {
        var lines = trained.Training.OutputLines;
        Assert.Empty(trained.Training.ErrorLines);
        Assert.StartsWith("48 pairs, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("step 1/160  loss ", lines[1], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("epoch 80  ", StringComparison.Ordinal)
            && line.Contains("image→text R@1", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("step 160/160  ", StringComparison.Ordinal)
            && line.EndsWith("00:00:00 left", StringComparison.Ordinal));
        Assert.Equal($"Model folder: {trained.Folder}", lines[^1]);
    }

    [Fact]
    public async Task AnotherSeedGivesAnotherModel()
    {
        using var folder = new TempFolder();
        var shorter = Shortened(folder, trained.TrainTable);
        (await ClipProcess.RunAsync([.. shorter, "--output", folder["one"], "--seed", "1"])).Succeeded();
        (await ClipProcess.RunAsync([.. shorter, "--output", folder["two"], "--seed", "2"])).Succeeded();
        Assert.NotEqual(File.ReadAllBytes(folder["one/model.safetensors"]), File.ReadAllBytes(folder["two/model.safetensors"]));
    }

    [Fact]
    public async Task ABrokenImageIsNamedSkippedAndCounted()
    {
        using var folder = new TempFolder();
        var table = Pictures.Draw(folder, "pictures", ofEach: 2);
        var broken = folder.Write(
            "pictures/with a long name of which none may be lost where lines are folded, as in a terminal.png",
            "no image");
        File.AppendAllText(table, $"{broken}\ta red circle\tred circle\tred\npictures/absent.png\ta red square\tred square\tred\n");

        var run = (await ClipProcess.RunAsync([.. Shortened(folder, table), "--output", folder["model"]])).Succeeded();
        Assert.Single(run.OutputLines, line => line.StartsWith($"Skipped {broken}: The bytes are not an image", StringComparison.Ordinal));
        Assert.Single(run.OutputLines, line => line.StartsWith($"Skipped {folder["pictures/absent.png"]}: ", StringComparison.Ordinal));
        Assert.Contains("2 of 26 records were bad and were skipped.", run.OutputLines);
        Assert.True(File.Exists(folder["model/model.safetensors"]));
    }

    [Fact]
    public async Task ATrainedTokenizerIsUsedForTraining()
    {
        using var folder = new TempFolder();
        var learned = (await ClipProcess.RunAsync(
            "tokenizer", "train", "--train-data", trained.TrainTable, "--vocab-size", "530", "--output", folder["tokenizer"])).Succeeded();
        Assert.Equal([$"530 entries: {folder["tokenizer"]}"], learned.OutputLines);
        string[] files = ["merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"];
        Assert.Equal(files, Directory.GetFiles(folder["tokenizer"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        var run = (await ClipProcess.RunAsync(
            [.. Shortened(folder, trained.TrainTable), "--tokenizer", folder["tokenizer"], "--output", folder["model"]])).Succeeded();
        Assert.Contains("vocabulary 530", run.OutputLines[0], StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(folder["tokenizer/vocab.json"]), File.ReadAllText(folder["model/vocab.json"]));
    }

    /// <summary>Two steps of training, with nothing said of the output.</summary>
    private static string[] Shortened(TempFolder folder, string table) =>
    [
        "train", "--train-data", table, "--model", folder.Write("model.json", TrainedModel.Config), "--epochs", "1",
        "--batch-size", "13", "--vocab-size", "560",
    ];
}
