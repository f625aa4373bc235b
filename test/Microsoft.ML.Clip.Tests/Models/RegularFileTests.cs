using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Only files are opened where a file is meant, and what is read whole is measured first.</summary>
public sealed class RegularFileTests : IDisposable
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    private const string WebPage = "<!DOCTYPE html>\n<html><body>404</body></html>";

    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files() =>
    [
        "config.json", "preprocessor_config.json", "processor_config.json", "vocab.json", "merges.txt", "tokenizer.json",
        "tokenizer_config.json", "special_tokens_map.json", "model.safetensors", "onnx/vision_model.onnx", "onnx/text_model.onnx",
        "picture.png",
    ];

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void ANamedPipeIsNotWaitedFor(string file)
    {
        NamedPipe.Make(_folder[file]);

        Assert.Contains($"{file}' has no content", NamedPipe.Throws<Exception>(Use).Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void ADeviceIsNotReadToItsEnd(string file)
    {
        Skip.If(OperatingSystem.IsWindows(), "/dev/zero is Unix's.");
        File.Delete(_folder[file]);
        File.CreateSymbolicLink(_folder[file], "/dev/zero");

        Assert.Contains($"{file}' has no content", NamedPipe.Throws<Exception>(Use).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", 17L << 20)]
    [InlineData("preprocessor_config.json", 17L << 20)]
    [InlineData("vocab.json", 257L << 20)]
    [InlineData("merges.txt", 257L << 20)]
    [InlineData("tokenizer.json", 257L << 20)]
    [InlineData("onnx/vision_model.onnx", 3L << 30)]
    [InlineData("picture.png", 5L << 30)]
    public void WhatIsFarTooLargeIsNotRead(string file, long bytes)
    {
        using (var sparse = File.Create(_folder[file])) sparse.SetLength(bytes);
        var before = GC.GetTotalAllocatedBytes();

        var error = Assert.ThrowsAny<Exception>(Use);

        Assert.Contains($"{file}' has {bytes:N0} bytes, more than", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 100 << 20);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("preprocessor_config.json")]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer.json")]
    [InlineData("onnx/vision_model.onnx")]
    [InlineData("onnx/text_model.onnx")]
    public void APointerOrAPageInAFilesPlaceIsNamed(string file)
    {
        File.WriteAllText(_folder[file], Pointer);
        Assert.Contains($"{file}' is a Git LFS pointer", Assert.ThrowsAny<Exception>(Use).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder[file], WebPage);
        Assert.Contains($"{file}' is a web page", Assert.ThrowsAny<Exception>(Use).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APointerInTheWeightsPlaceMattersToScoresAlone()
    {
        File.WriteAllText(_folder["model.safetensors"], Pointer);
        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal(TinyClip.Dimension, model.EmbedText("red").Length);

        var error = Assert.Throws<InvalidDataException>(() => model.LogitScale);
        Assert.Contains("model.safetensors' is a Git LFS pointer", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, Assert.Throws<InvalidDataException>(() => model.LogitBias).Message);
        using var told = ClipModel.Open(_folder.Path, new() { LogitScale = 7 });
        Assert.Equal(7, told.LogitScale);
        Assert.Null(told.LogitBias);
    }

    [Fact]
    public void WeightsBesideAnOnnxFileAreLookedAtToo()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "vision.data");
        File.Delete(_folder["onnx/vision.data"]);
        Assert.Contains("'vision.data', which is not beside it", Assert.ThrowsAny<Exception>(Use).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder["onnx/vision.data"], []);
        Assert.Contains("vision.data' has no content", Assert.ThrowsAny<Exception>(Use).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LinksAreFollowed()
    {
        foreach (var file in new[] { "config.json", "vocab.json", "onnx/text_model.onnx" })
        {
            var blob = _folder[$"blob-{Path.GetFileName(file)}"];
            File.Move(_folder[file], blob);
            File.CreateSymbolicLink(_folder[file], blob);
        }

        Use();
    }

    [Fact]
    public void AFolderInAPicturesPlaceIsNamedAsOne()
    {
        using var model = ClipModel.Open(_folder.Path);

        var error = Assert.Throws<InvalidDataException>(() => model.EmbedImage(_folder["onnx"]));

        Assert.Equal($"Image file '{_folder["onnx"]}' is a folder, not a file; name a file in it.", error.Message);
    }

    /// <summary>Reads every file of the folder.</summary>
    private void Use()
    {
        using var model = ClipModel.Open(_folder.Path);
        model.EmbedText("red");
        var picture = _folder["picture.png"];
        if (!File.Exists(picture)) File.WriteAllBytes(picture, TinyFolder.Picture(0, 0));
        model.EmbedImage(picture);
    }
}
