using System.Buffers;
using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests;

public sealed class EmbeddingGeneratorTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly ClipModel _model;
    private readonly IEmbeddingGenerator<string, Embedding<float>> _texts;
    private readonly IEmbeddingGenerator<DataContent, Embedding<float>> _images;

    public EmbeddingGeneratorTests()
    {
        _model = ClipModel.Open(_folder.Path, new() { BatchSize = 2 });
        _texts = _model.AsTextEmbeddingGenerator();
        _images = _model.AsImageEmbeddingGenerator();
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task ATextFindsItsImage()
    {
        var images = await _images.GenerateAsync(TinyFolder.Colors.Select((_, i) => Picture(i)));
        for (var i = 0; i < images.Count; i++)
        {
            var text = await _texts.GenerateVectorAsync($"a photo of a {TinyFolder.Colors[i]} thing");
            var best = images.Index().MaxBy(image => TensorPrimitives.Dot(image.Item.Vector.Span, text.Span)).Index;
            Assert.Equal(i, best);
        }
    }

    [Fact]
    public async Task EmbeddingsAreTheModelsOwn_InOrder_OfLength1()
    {
        string[] texts = ["red", "a photo of a green thing", "blue", "", "a"];
        var embeddings = await _texts.GenerateAsync(texts);
        Assert.Equal(_model.EmbedTexts(texts), embeddings.Select(e => e.Vector.ToArray()));
        Assert.All(embeddings, e => Assert.Equal(1, TensorPrimitives.Norm(e.Vector.Span), 5));

        byte[][] pictures = [TinyFolder.Picture(2, 1), TinyFolder.Picture(0, 2), TinyFolder.Picture(1, 3)];
        var images = await _images.GenerateAsync(pictures.Select(p => new DataContent(p, "image/png")));
        ReadOnlyMemory<byte>[] encoded = [.. pictures];
        Assert.Equal(_model.EmbedImages(encoded), images.Select(e => e.Vector.ToArray()));
    }

    [Fact]
    public async Task EmbeddingsTellTheirModelAndTime()
    {
        var before = DateTimeOffset.UtcNow;
        var embedding = await _texts.GenerateAsync("red");
        Assert.Equal(Path.GetFileName(_folder.Path), embedding.ModelId);
        Assert.InRange(embedding.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task NothingInNothingOut()
    {
        Assert.Empty(await _texts.GenerateAsync([]));
        Assert.Empty(await _images.GenerateAsync([]));
    }

    [Fact]
    public async Task UsageCountsTheTokensRead()
    {
        // Start, three words, end; and a text that fills the context of 16.
        var embeddings = await _texts.GenerateAsync(["photo of red", string.Join(' ', Enumerable.Repeat("red", 40))]);
        Assert.Equal(5 + 16, embeddings.Usage!.InputTokenCount);
        Assert.Equal(5 + 16, embeddings.Usage.TotalTokenCount);
        Assert.Null((await _images.GenerateAsync([Picture(0)])).Usage);
    }

    [Fact]
    public void MetadataNamesTheModel()
    {
        foreach (IEmbeddingGenerator generator in new IEmbeddingGenerator[] { _texts, _images })
        {
            var metadata = generator.GetRequiredService<EmbeddingGeneratorMetadata>();
            Assert.Equal("clip", metadata.ProviderName);
            Assert.Equal(Path.GetFileName(_folder.Path), metadata.DefaultModelId);
            Assert.Equal(TinyClip.Dimension, metadata.DefaultModelDimensions);
        }
    }

    [Fact]
    public void ATrailingSeparatorIsNoPartOfTheName()
    {
        using var model = ClipModel.Open(_folder.Path + Path.DirectorySeparatorChar);
        var metadata = model.AsTextEmbeddingGenerator().GetRequiredService<EmbeddingGeneratorMetadata>();
        Assert.Equal(Path.GetFileName(_folder.Path), metadata.DefaultModelId);
    }

    [Fact]
    public async Task MetadataNeedsOneTower()
    {
        File.WriteAllText(_folder["onnx/vision_model.onnx"], "never opened");
        Assert.Equal(TinyClip.Dimension, _texts.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelDimensions);
        Assert.Equal(TinyClip.Dimension, _images.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelDimensions);
        await Assert.ThrowsAsync<InvalidDataException>(() => _images.GenerateAsync([Picture(0)]));
    }

    [Fact]
    public void ServicesAreTheModelAndItself()
    {
        Assert.Same(_model, _texts.GetService<ClipModel>());
        Assert.Same(_texts, _texts.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(_images, _images.GetService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Null(_texts.GetService<IEmbeddingGenerator<DataContent, Embedding<float>>>());
        Assert.Null(_texts.GetService<ClipModel>("key"));
        Assert.Null(_texts.GetService<Uri>());
    }

    [Fact]
    public async Task OtherDimensionsOrModelsAreRefused()
    {
        var name = Path.GetFileName(_folder.Path);
        Assert.Single(await _texts.GenerateAsync(["red"], new() { Dimensions = TinyClip.Dimension, ModelId = name }));
        var e = await Assert.ThrowsAsync<ArgumentException>(() => _texts.GenerateAsync(["red"], new() { Dimensions = 4 }));
        Assert.Contains($"4 dimensions were asked for, but CLIP's embeddings cannot be shortened and those of '{name}' have 8", e.Message);
        e = await Assert.ThrowsAsync<ArgumentException>(() => _images.GenerateAsync([Picture(0)], new() { ModelId = "other" }));
        Assert.Contains($"'other' was asked for, but this generator's is '{name}'", e.Message);
    }

    [Fact]
    public async Task OnlyImagesWithDataAreTaken()
    {
        await Refused("Value 1 is of media type 'audio/wav'", Picture(0), new DataContent(new byte[] { 1 }, "audio/wav"));
        await Refused("Value 0 ('cat.png') carries no data", new DataContent(Array.Empty<byte>(), "image/png") { Name = "cat.png" });
        await Refused("Value 1 is null", Picture(0), null!);
        var damaged = await Assert.ThrowsAsync<InvalidDataException>(
            () => _images.GenerateAsync([Picture(0), new(new byte[] { 1, 2, 3 }, "image/png")]));
        Assert.StartsWith("Image 1 of 2 cannot be read: ", damaged.Message);

        // Microsoft.Extensions.AI itself refuses a link where data is wanted.
        Assert.Throws<ArgumentException>(() => new DataContent("https://example.org/cat.png", "image/png"));

        async Task Refused(string message, params DataContent[] values) =>
            Assert.Contains(message, (await Assert.ThrowsAsync<ArgumentException>(() => _images.GenerateAsync(values))).Message);
    }

    [Fact]
    public async Task ADataUriIsItsBytes()
    {
        var picture = TinyFolder.Picture(1, 0);
        var uri = new DataContent($"data:image/png;base64,{Convert.ToBase64String(picture)}");
        Assert.Equal(_model.EmbedImage((ReadOnlyMemory<byte>)picture), (await _images.GenerateVectorAsync(uri)).ToArray());
    }

    [Fact]
    public async Task Cancelled_ItStops()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _texts.GenerateAsync(["red"], cancellationToken: new CancellationToken(canceled: true)));

        // Reading the first image cancels; in batches of two, the third is never begun.
        using var source = new CancellationTokenSource();
        var isThirdRead = false;
        using var first = new WatchedBytes(TinyFolder.Picture(0, 0), source.Cancel);
        using var third = new WatchedBytes(TinyFolder.Picture(2, 2), () => isThirdRead = true);
        DataContent[] images = [new(first.Memory, "image/png"), Picture(1), new(third.Memory, "image/png")];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _images.GenerateAsync(images, cancellationToken: source.Token));
        Assert.False(isThirdRead);
    }

    [Fact]
    public async Task TheModelStaysTheCallers_UnlessGivenAway()
    {
        _texts.Dispose();
        _images.Dispose();
        Assert.Single(await _texts.GenerateAsync(["red"]));

        _model.AsTextEmbeddingGenerator(disposeModel: true).Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _texts.GenerateAsync(["red"]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _images.GenerateAsync([Picture(0)]));
    }

    private static DataContent Picture(int color) => new(TinyFolder.Picture(color, color), "image/png");

    /// <summary>Bytes that tell when they are read.</summary>
    private sealed class WatchedBytes(byte[] bytes, Action onRead) : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(bytes.Length);

        public override Span<byte> GetSpan()
        {
            onRead();
            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin() => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
