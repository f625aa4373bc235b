using System.CommandLine;
using System.CommandLine.Completions;
using Clip.Cli.Pretrained;

namespace Clip.Cli.Tests.Pretrained;

/// <summary>What --model takes, without a network.</summary>
public sealed class PretrainedModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFolderIsItself()
    {
        Assert.Equal(_folder.Path, await PretrainedModel.ResolveAsync(_folder.Path, default));
        Assert.Equal(_folder.Path, await PretrainedModel.ResolveOrPathAsync(_folder.Path, default));
        Assert.Equal(_folder.Path, PretrainedModel.OwnFolder(_folder.Path, "--model"));
    }

    /// <summary>A mistyped path is no name to download.</summary>
    [Theory]
    [InlineData("/no/where")]
    [InlineData("./nowhere")]
    [InlineData("../nowhere")]
    [InlineData("~/nowhere")]
    [InlineData(@"models\nowhere")]
    [InlineData("run/model.safetensors")]
    [InlineData("run/MODEL.PT")]
    [InlineData("a/b.pth")]
    [InlineData("a/b.bin")]
    [InlineData("a/b.ckpt")]
    [InlineData("a/b.onnx")]
    [InlineData("a/config.json")]
    public async Task WhatCanOnlyBeAPathIsNotDownloaded(string path)
    {
        var error = await Assert.ThrowsAsync<ClipException>(() => PretrainedModel.ResolveAsync(path, default));

        Assert.Equal(
            $"Model folder '{path}' does not exist; give a folder that does, or the name of a model to download (clip pull --list).",
            error.Message);
        Assert.Equal(path, await PretrainedModel.ResolveOrPathAsync(path, default));
        Assert.Equal(path, PretrainedModel.OwnFolder(path, "--model"));
    }

    [Fact]
    public async Task AFileIsNoFolderAndNoName()
    {
        var file = _folder.Write("file", "");

        var error = await Assert.ThrowsAsync<ClipException>(() => PretrainedModel.ResolveAsync(file, default));

        Assert.StartsWith($"Model folder '{file}' does not exist; give a folder that does", error.Message, StringComparison.Ordinal);
        Assert.Equal(file, await PretrainedModel.ResolveOrPathAsync(file, default));
    }

    [Fact]
    public async Task WhatIsNeitherIsToldWithANameThatIs()
    {
        var error = await Assert.ThrowsAsync<ClipException>(() => PretrainedModel.ResolveAsync("no such model", default));

        Assert.StartsWith(
            "Model folder 'no such model' does not exist, and no model to download has that name; give ", error.Message,
            StringComparison.Ordinal);
        Assert.Equal("no such model", await PretrainedModel.ResolveOrPathAsync("no such model", default));
    }

    [Fact]
    public void WhereACommandWritesANameIsRefused()
    {
        var error = Assert.Throws<ClipException>(() => PretrainedModel.OwnFolder("openai/clip-vit-base-patch32", "--model"));
        Assert.Equal(
            "Model folder 'openai/clip-vit-base-patch32' does not exist; --model takes a folder of your own, such as "
            + "'clip pull openai/clip-vit-base-patch32 --output my-model' makes.",
            error.Message);
    }

    [Fact]
    public void ClientsKnowAFolderByItsName()
    {
        Directory.CreateDirectory(_folder["my-model"]);

        Assert.Equal("my-model", PretrainedModel.NameOf(_folder["my-model"]));
        Assert.Equal("my-model", PretrainedModel.NameOf(_folder["my-model"] + "/"));
        Assert.Equal("openai/clip-vit-base-patch32", PretrainedModel.NameOf("openai/clip-vit-base-patch32"));
    }

    [Fact]
    public void AModelIsRequiredWhereThereIsNoUsualOne()
    {
        var (one, usual, several) = (
            PretrainedModel.Option("--model"), PretrainedModel.Option("--model", "usual"), PretrainedModel.Options("--model"));

        Assert.True(one.Required && several.Required && !usual.Required);
        Assert.Equal("usual", new RootCommand { usual }.Parse("").GetValue(usual));
        Assert.Equal(["a", "b"], new RootCommand { several }.Parse("--model a b").GetValue(several)!);
    }

    /// <summary>From the first letter on: without one a shell offers folders.</summary>
    [Fact]
    public void NamesAreCompleted()
    {
        var root = new RootCommand { PretrainedModel.Option("--model") };

        Assert.Empty(root.Parse("--model ").GetCompletions());
        Assert.Contains(root.Parse("--model c").GetCompletions(), item => item.Label.Contains("clip", StringComparison.OrdinalIgnoreCase));
    }
}
