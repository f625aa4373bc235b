using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests;

public sealed class ServiceTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OneModelServesBothGenerators()
    {
        await using var provider = new ServiceCollection().AddClip(_folder.Path).BuildServiceProvider();
        var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var images = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();

        var model = provider.GetRequiredService<ClipModel>();
        Assert.Same(model, texts.GetService<ClipModel>());
        Assert.Same(model, images.GetService<ClipModel>());
        Assert.Same(texts, provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Equal(model.EmbedText("red"), (await texts.GenerateVectorAsync("red")).ToArray());
    }

    [Fact]
    public async Task TheContainerDisposesTheModel()
    {
        IEmbeddingGenerator<string, Embedding<float>> texts;
        await using (var provider = new ServiceCollection().AddClip(_folder.Path).BuildServiceProvider())
        {
            texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
            await texts.GenerateAsync(["red"]);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => texts.GenerateAsync(["red"]));
    }

    [Fact]
    public async Task OptionsReachTheModel()
    {
        await using var provider = new ServiceCollection().AddClip(_folder.Path, new() { LogitScale = 7 }).BuildServiceProvider();
        Assert.Equal(7, provider.GetRequiredService<ClipModel>().LogitScale);
    }

    [Fact]
    public async Task KeysTellModelsApart()
    {
        using var other = new TinyFolder();
        await using var provider = new ServiceCollection()
            .AddKeyedClip("one", _folder.Path)
            .AddKeyedClip("other", other.Path)
            .BuildServiceProvider();

        foreach (var (key, folder) in new[] { ("one", _folder.Path), ("other", other.Path) })
        {
            var model = provider.GetRequiredKeyedService<ClipModel>(key);
            Assert.Equal(folder, model.Folder);
            var texts = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key);
            var images = provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(key);
            Assert.Same(model, texts.GetService<ClipModel>());
            Assert.Same(model, images.GetService<ClipModel>());
        }

        Assert.Null(provider.GetService<ClipModel>());
    }

    /// <summary>The generators share the model, which is the container's; disposing one of them ends neither it nor the other.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task AGeneratorThatIsDisposedLeavesTheModelOpen(string? key)
    {
        var services = new ServiceCollection();
        _ = key is null ? services.AddClip(_folder.Path) : services.AddKeyedClip(key, _folder.Path);
        await using var provider = services.BuildServiceProvider();
        var texts = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key);
        var images = provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(key);
        var expected = (await texts.GenerateVectorAsync("red")).ToArray();

        images.Dispose();
        Assert.Equal(expected, (await texts.GenerateVectorAsync("red")).ToArray());
        texts.Dispose();
        Assert.Equal(expected, provider.GetRequiredKeyedService<ClipModel>(key).EmbedText("red"));
    }

    [Fact]
    public async Task AWrongFolderIsRefusedOnFirstUse()
    {
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddClip(" "));
        await using var provider = new ServiceCollection().AddClip(_folder["absent"]).BuildServiceProvider();
        var e = Assert.Throws<DirectoryNotFoundException>(
            () => provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Contains("absent", e.Message);
    }
}
