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

        var beside = Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(trained.Folder)!).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["labels.txt", "model", "model.json", "model.run", "test", "test.tsv", "train", "train.tsv"], beside);
    }

    [Fact]
    public void TrainingPrintsItsProgress()
    {
        var lines = trained.Training.OutputLines;
        Assert.Empty(trained.Training.ErrorLines);
        Assert.StartsWith("48 pairs, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("step 1/160  loss ", lines[1], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("epoch 80  ", StringComparison.Ordinal) && line.Contains("image→text R@1", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("step 160/160  ", StringComparison.Ordinal) && line.EndsWith("00:00:00 left", StringComparison.Ordinal));
        Assert.Equal($"Model folder: {trained.Folder}", lines[^1]);
    }
}
