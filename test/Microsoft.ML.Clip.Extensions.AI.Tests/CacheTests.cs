using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Several models over one distributed cache, by the middleware of Microsoft.Extensions.AI.</summary>
public sealed class CacheTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly TinyFolder _other = new(path =>
    {
        TinyFolder.LayTransformersJs(path);
        TinyClip.SaveText(Path.Combine(path, "onnx", "text_model.onnx"), idType: OnnxGraph.Int32);
    });

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task ModelsOverOneCacheAreNotMixed()
    {
        var reached = new List<string>();
        var services = new ServiceCollection();
        services.AddDistributedMemoryCache();
        foreach (var (key, folder) in new[] { ("one", _folder), ("other", _other) })
        {
            services.AddKeyedClip(key, folder.Path)
                .UseTexts((texts, _) => new Counting<string>(texts, () => reached.Add(key)))
                .UseTexts((texts, provider) => texts.AsBuilder().UseDistributedCache().Build(provider))
                .UseImages((images, provider) => images.AsBuilder().UseDistributedCache().Build(provider));
        }

        await using var provider = services.BuildServiceProvider();
        foreach (var key in new[] { "one", "other", "one", "other" })
        {
            var texts = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key);
            var images = provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(key);
            var model = provider.GetRequiredKeyedService<ClipModel>(key);
            Assert.Equal(model.EmbedText("red"), (await texts.GenerateVectorAsync("red")).ToArray());
            var picture = new DataContent(TinyFolder.Picture(0, 0), "image/png");
            Assert.Equal(model.EmbedImage(picture.Data), (await images.GenerateVectorAsync(picture)).ToArray());
            Assert.Same(model, texts.GetService<ClipModel>());
        }

        Assert.Equal(["one", "other"], reached);
    }

    [Fact]
    public async Task TheCallersOptionsStayAsTheyAre()
    {
        var services = new ServiceCollection();
        services.AddDistributedMemoryCache();
        services.AddKeyedClip("one", _folder.Path)
            .UseTexts((texts, provider) => texts.AsBuilder().UseDistributedCache().Build(provider));
        await using var provider = services.BuildServiceProvider();
        var texts = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("one");
        EmbeddingGenerationOptions bare = new(), own = new() { AdditionalProperties = new() { ["mine"] = 1 } };

        await texts.GenerateAsync(["red"], bare);
        await texts.GenerateAsync(["red"], own);

        Assert.Null(bare.AdditionalProperties);
        Assert.Equal(["mine"], own.AdditionalProperties!.Keys);
    }

    [Fact]
    public void AFingerprintIsTheModelsOwn()
    {
        string Of(string folder, ClipModelOptions? options = null)
        {
            using var model = ClipModel.Open(folder, options);
            return model.Fingerprint;
        }

        var own = Of(_folder.Path);
        Assert.Matches("^[0-9a-f]{32}$", own);
        Assert.Equal(own, Of(_folder.Path));
        Assert.NotEqual(own, Of(_other.Path));
        Assert.NotEqual(own, Of(_folder.Path, new() { TruncateTexts = false }));
        var laid = ClipImagePreprocessing.ForSize(32) with { Background = [1, 2, 3] };
        Assert.NotEqual(own, Of(_folder.Path, new() { Preprocessing = laid }));
        TinyClip.SaveVision(_other["onnx/vision_model.onnx"], input: "image");
        foreach (var file in new[] { "vocab.json", "merges.txt", "config.json" })
        {
            using var copy = new TinyFolder();
            Assert.Equal(own, Of(copy.Path));
            File.AppendAllText(copy[file], "\n");
            Assert.NotEqual(own, Of(copy.Path));
        }
    }

    private sealed class Counting<T>(IEmbeddingGenerator<T, Embedding<float>> inner, Action count)
        : DelegatingEmbeddingGenerator<T, Embedding<float>>(inner)
    {
        public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<T> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            count();
            return base.GenerateAsync(values, options, cancellationToken);
        }
    }
}
