namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>
/// Caches and indexes of embeddings go by a model's fingerprint: all that embeddings depend on is in it, and nothing else.
/// </summary>
public sealed class ModelFingerprintTests
{
    /// <summary>What an earlier version has embedded is still of use: the value is that of the tiny model, and does not change.</summary>
    [Fact]
    public void AFolderElsewhereIsTheSameModelForEver()
    {
        using TinyFolder one = new(), other = new();

        Assert.Equal("1c1b164b455b707e6927d2db280f9ea7", Of(one));
        Assert.Equal(Of(one), Of(other));
    }

    [Fact]
    public void EverySettingThatEmbeddingsDependOnCounts()
    {
        using var folder = new TinyFolder();
        var size = ClipImagePreprocessing.ForSize(TinyClip.ImageSize);
        ClipModelOptions[] different =
        [
            new(), new() { ContextLength = 12 }, new() { ContextLength = 13 }, new() { TruncateTexts = false },
            new() { ApplyExifOrientation = true }, new() { Decode = ImageDecoding.Scaled },
            new() { Preprocessing = size with { Resample = ImageResample.Bilinear } },
            new() { Preprocessing = size with { Mean = [0.1f, 0.2f, 0.3f] } },
            new() { Preprocessing = size with { Std = [0.1f, 0.2f, 0.3f] } },
        ];
        ClipModelOptions[] same =
        [
            new() { BatchSize = 3 }, new() { LogitScale = 5 }, new() { LogitBias = -5 }, new() { Session = new() { IntraOpThreads = 1 } },
        ];

        Assert.Equal(different.Length, different.Select(options => Of(folder, options)).Distinct().Count());
        Assert.All(same, options => Assert.Equal(Of(folder), Of(folder, options)));

        // Where a folder tells nothing of pictures, what is set counts all the same.
        File.Delete(folder["preprocessor_config.json"]);
        ClipModelOptions[] untold = [new(), new() { ApplyExifOrientation = true }, new() { Decode = ImageDecoding.Scaled }];
        Assert.Equal(untold.Length, untold.Select(options => Of(folder, options)).Distinct().Count());
    }

    /// <summary>Even what a tokenizer does not read today, but another kind of it would.</summary>
    [Theory]
    [InlineData("config.json")]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("special_tokens_map.json", "{}")]
    [InlineData("tokenizer_config.json", "{}")]
    [InlineData("open_clip_config.json", "{}")]
    [InlineData("spiece.model", "x")]
    [InlineData("tokenizer.model", "x")]
    [InlineData("tokenizer.json", "{}")]
    public void EveryFileThatSaysHowTextsAreReadCounts(string file, string content = "")
    {
        using var folder = new TinyFolder();
        var before = Of(folder);

        File.AppendAllText(folder[file], content);
        var there = Of(folder);
        File.AppendAllText(folder[file], " ");
        var changed = Of(folder);

        Assert.Equal(content.Length == 0, before == there);
        Assert.NotEqual(there, changed);
        Assert.NotEqual(before, changed);
    }

    [Fact]
    public void EachTowerCountsWithItsWeightsInOtherFiles()
    {
        using var folder = new TinyFolder();
        var seen = new HashSet<string> { Of(folder) };
        TinyClip.SaveVision(folder["onnx/vision_model.onnx"], input: "image");
        Assert.True(seen.Add(Of(folder)));
        TinyClip.SaveText(folder["onnx/text_model.onnx"], input: "ids");
        Assert.True(seen.Add(Of(folder)));
        TinyClip.SaveVision(folder["onnx/vision_model.onnx"], external: "weights.bin");
        Assert.True(seen.Add(Of(folder)));

        var weights = File.ReadAllBytes(folder["onnx/weights.bin"]);
        weights[^1] ^= 1;
        File.WriteAllBytes(folder["onnx/weights.bin"], weights);

        Assert.True(seen.Add(Of(folder)));
    }

    [Fact]
    public void WhatElseLiesInTheFolderDoesNotCount()
    {
        using var folder = new TinyFolder();
        var before = Of(folder);

        File.WriteAllText(folder["README.md"], "a model");
        TinyClip.SaveVision(folder["onnx/vision_model_int8.onnx"], input: "image");

        Assert.Equal(before, Of(folder));
    }

    private static string Of(TinyFolder folder, ClipModelOptions? options = null)
    {
        using var model = ClipModel.Open(folder.Path, options);
        return model.Fingerprint;
    }
}
